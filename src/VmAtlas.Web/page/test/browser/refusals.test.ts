import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { COMMAND, launch, openPage, run, Server, Target, temporaryFolder, whyNot } from "./harness";

const NOBODY = 65534;

/** Why the server can not run as another user here. */
const noOther =
  process.getuid?.() !== 0 ? "only root can start a server as another user" : COMMAND !== undefined && !readableByAll(COMMAND) ? "another user can not read the command" : undefined;

function readableByAll(path: string): boolean {
  for (let at = path; at !== "/"; at = join(at, "..")) if (existsSync(at) && (statSync(at).mode & 0o005) !== 0o005) return false;
  return true;
}

describe.skipIf(whyNot !== undefined)(`refusals (${whyNot ?? "Chromium"})`, () => {
  let browser: Browser;
  let target: Target;
  const folder = temporaryFolder();

  beforeAll(async () => {
    browser = await launch();
  });
  beforeEach(async () => {
    target = await Target.start();
  });
  afterEach(() => target.stop());
  afterAll(async () => {
    await browser.close();
    folder.remove();
  });

  it.skipIf(noOther !== undefined)(`says why another user's process can not be opened, and what would help (${noOther ?? "as nobody"})`, async () => {
    const server = await Server.startWith({ user: NOBODY, settings: "/nonexistent" });
    const { page } = await openPage(browser, server.url);
    await page.locator(".processes tbody tr").first().waitFor();
    await page.fill(".chooser-tools input", String(target.pid));
    const row = page.locator(`tr[data-pid="${target.pid}"]`);
    await row.waitFor();
    expect(await row.getAttribute("class")).toContain("closed");
    await row.dblclick();
    await page.locator("dialog [role=alert]").waitFor();
    expect(await page.locator("dialog [role=alert]").textContent()).toMatch(/can not be opened: .*(CAP_SYS_PTRACE|sudo|user root|permitted)/);
    const refused = await server.call<{ failure: string; message: string }>("/api/open", { pid: target.pid });
    expect(refused.failure).toBe("NotPermitted");
    expect(refused.message).toContain("CAP_SYS_PTRACE");
    await page.context().close();
    await server.stop();
  });

  it("goes on with what was read when the process ends while it is open, and says so at every call", async () => {
    const server = await Server.start(String(target.pid));
    const { page } = await openPage(browser, server.url);
    await page.locator(".row[id]").first().waitFor();
    await target.stop();
    await page.keyboard.press("F5");
    await page.locator(".failure, .ended").first().waitFor();
    await page.locator(".ended").waitFor();
    await page.locator(".row[id]").nth(3).click({ position: { x: 200, y: 5 } });
    await page.locator(".dock-tabs >> text=Pages").click();
    await expect.poll(() => page.locator(".map-hover").textContent()).toMatch(/no process|ended/);
    await page.locator(".dock-tabs >> text=Strings").click();
    await page.locator(".strings >> text=Search").click();
    await expect.poll(() => page.locator(".strings [role=status]").textContent()).toMatch(/no process|ended/);
    await page.keyboard.press("Control+s");
    const saved = join(folder.path, "ended.vmatlas");
    await page.fill('dialog input[type="text"]', saved);
    await page.locator("dialog >> text=Save there").click();
    await page.locator("dialog [role=status]").waitFor();
    expect(run("show", saved)).toContain(String(target.pid));
    await page.context().close();
    await server.stop();
  });

  it("opens a file that is dropped on the window, and says what is wrong with one that is none", async () => {
    const saved = join(folder.path, "dropped.vmatlas");
    run("snapshot", String(target.pid), "-o", saved);
    const server = await Server.start(String(target.pid));
    const { page } = await openPage(browser, server.url);
    await page.locator(".live").waitFor();
    await drop(page, "text.vmatlas", Buffer.from("this is no recording"));
    await page.locator(".failure").waitFor();
    expect(await page.locator(".failure").textContent()).toMatch(/\.vmatlas|not|no /);
    expect(await page.locator(".live").count()).toBe(1);
    await drop(page, "dropped.vmatlas", readFileSync(saved));
    await page.locator(".live").waitFor({ state: "detached" });
    expect(await page.locator(".process").textContent()).toContain(String(target.pid));
    await page.keyboard.press("Control+p");
    await page.locator(".open-now >> text=dropped.vmatlas, 1 snapshot").waitFor();
    await page.context().close();
    await server.stop();
  });

  it("keeps two servers apart: the page of one has no token for the other", async () => {
    const servers = [await Server.start(String(target.pid)), await Server.start(String(target.pid))];
    const { page } = await openPage(browser, servers[0]!.url);
    await page.locator(".row[id]").first().waitFor();
    const other = new URL(servers[1]!.url);
    await page.goto(other.origin);
    await page.locator("text=This page needs the address that vmatlas printed").waitFor();
    const token = servers[0]!.url.split("#token=")[1]!;
    const answer = await fetch(new URL("/api/sessions", other), { headers: { Authorization: `Bearer ${token}` } });
    expect(answer.status).toBe(401);
    await page.context().close();
    for (const server of servers) await server.stop();
  });
});

/** As a person does it: the browser's own events, with a file in them. */
async function drop(page: Page, name: string, bytes: Buffer): Promise<void> {
  const transfer = await page.evaluateHandle(
    ({ base64, file }) => {
      const data = new DataTransfer();
      data.items.add(new File([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], file));
      return data;
    },
    { base64: bytes.toString("base64"), file: name },
  );
  await page.dispatchEvent("body", "dragover", { dataTransfer: transfer });
  await page.dispatchEvent("body", "drop", { dataTransfer: transfer });
}
