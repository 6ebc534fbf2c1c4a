import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { built, launch, openPage, screenshot, Server, Target, whyNot, type OpenPage } from "./harness";
import { axe } from "./look";

const LEDGER = built("targets/trace_ledger");
const CLR_TARGET = built("bin/ClrTarget/debug/clrtarget");
const reason = whyNot ?? (LEDGER === undefined ? "trace_ledger is not built: make -C tests/targets" : undefined);

const THEMES = [
  ["light", "Light"],
  ["dark", "Dark"],
  ["vmmap", "VMMap Colours"],
] as const;
const SIZES = [
  { width: 1280, height: 800 },
  { width: 1920, height: 1080 },
] as const;

/** Menus and their items that open a dialog. */
const DIALOGS = [
  ["File", "Select Process…"],
  ["File", "Save and Export…"],
  ["Tools", "Empty Working Set…"],
  ["Tools", "Mark…"],
  ["Tools", "Trace Allocations…"],
  ["Options", "Columns…"],
  ["Options", "Symbol Folders…"],
  ["Help", "Glossary"],
  ["Help", "Keyboard"],
  ["Help", "About the Reading"],
  ["Help", "About VmAtlas"],
] as const;

describe.skipIf(reason !== undefined)(`every view in every theme (${reason ?? "Chromium"})`, () => {
  let browser: Browser;
  const closing: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    browser = await launch();
  });
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });
  afterAll(() => browser.close());

  const show = async (target: Target): Promise<OpenPage & { server: Server }> => {
    closing.unshift(() => target.stop());
    const server = await Server.start(String(target.pid));
    closing.unshift(() => server.stop());
    const open = await openPage(browser, server.url);
    closing.unshift(() => open.page.context().close());
    await open.page.locator(".row[id]").first().waitFor();
    return { ...open, server };
  };

  it("has nothing for axe to find, in any view or dialog, and is kept as a picture", { timeout: 400_000 }, async () => {
    const { page, server, complaints } = await show(await Target.run(LEDGER!));
    await server.call("/api/sessions/1/trace", {});
    await expect.poll(async () => (await server.call<{ liveCount: number }[]>("/api/sessions/1/traces"))[0]?.liveCount ?? 0, { timeout: 10_000 }).toBeGreaterThan(20);
    await server.call("/api/sessions/1/refresh", {});
    await server.call("/api/sessions/1/trace/stop", {});
    await server.call("/api/sessions/1/interval", { seconds: 0 });
    await page.locator(".dock-tabs >> text=Call Tree").waitFor();
    await page.locator(".row.type-3[id]").nth(1).click({ position: { x: 300, y: 5 } });
    const views = (await page.locator(".dock-tabs button").allTextContents()).slice(0, -1);
    expect(views).toEqual(["Timeline", "Changes", "Fragmentation", "Pages", "Strings", "Heap Allocations", "Call Tree", "Flame Graph", "Live Allocations", "Growth", "Trace"]);
    for (const [theme, title] of THEMES) {
      await choose(page, "Options", title);
      for (const view of views) {
        await page.locator(".dock-tabs button", { hasText: view === "Trace" ? /^Trace$/ : view }).first().click();
        await settle(page, view);
        expect(await axe(page), `${view} in ${title}`).toEqual([]);
        await pictures(page, `view-${view.toLowerCase().replaceAll(" ", "-")}`, theme);
      }
      for (const [menu, item] of DIALOGS) {
        await choose(page, menu, item);
        await page.locator("dialog[open]").waitFor();
        await page.waitForTimeout(150);
        expect(await axe(page), `${item} in ${title}`).toEqual([]);
        await screenshot(page, `dialog-${item.toLowerCase().replaceAll(/[ …]+/g, "-")}-1280-${theme}`);
        await page.locator("dialog[open] button[aria-label=Close]").click();
        await page.locator("dialog").waitFor({ state: "detached" });
      }
    }
    expect(complaints).toEqual([]);
  });

  it.skipIf(CLR_TARGET === undefined)("the same of a .NET process's heaps", { timeout: 120_000 }, async () => {
    const { page, complaints } = await show(await Target.run(CLR_TARGET!));
    await page.locator(".dock-tabs >> text=Managed").click();
    await page.locator(".managed >> text=Count objects").click();
    await page.locator(".objects td.text >> text=System.String").first().waitFor();
    for (const [theme, title] of THEMES) {
      await choose(page, "Options", title);
      expect(await axe(page), `Managed in ${title}`).toEqual([]);
      await pictures(page, "view-managed", theme);
    }
    expect(complaints).toEqual([]);
  });

  it("gives what is typed to the box that was just asked for, however slow the machine", async () => {
    const { page } = await show(await Target.run(LEDGER!));
    const devtools = await page.context().newCDPSession(page);
    await devtools.send("Emulation.setCPUThrottlingRate", { rate: 20 });
    await page.keyboard.press("F1");
    await page.keyboard.type("swap");
    await expect.poll(() => page.locator("dialog input").inputValue()).toBe("swap");
    await page.keyboard.press("Escape");
    await page.keyboard.press("Control+f");
    await page.keyboard.type("libc");
    await expect.poll(() => page.locator(".find input").inputValue()).toBe("libc");
  });
});

async function choose(page: Page, menu: string, item: string): Promise<void> {
  await page.locator(`.menu > button >> text=${menu}`).click();
  await page.locator(".items button", { hasText: item }).first().click();
}

/** Waits until a view has what it shows. */
async function settle(page: Page, view: string): Promise<void> {
  if (["Call Tree", "Live Allocations", "Growth", "Trace", "Heap Allocations"].includes(view)) await page.locator(".frame-table .row[id]").first().waitFor();
  if (["Live Allocations", "Growth", "Trace"].includes(view)) {
    await page.locator(".frame-table .row[id]").first().click();
    await page.locator(".stack .function >> text=leak_one").waitFor();
    await page.locator(".stack li button").first().click();
    await page.locator(".source .here").waitFor();
  }
  if (view === "Flame Graph") await expect.poll(() => page.locator(".flame-told").textContent()).toMatch(/^\w+/);
  if (view === "Strings") await page.locator(".strings >> text=Search").click();
  if (view === "Strings") await page.locator(".strings [role=status] >> text=/string/").waitFor();
  await page.waitForTimeout(200);
}

async function pictures(page: Page, name: string, theme: string): Promise<void> {
  for (const size of SIZES) {
    await page.setViewportSize(size);
    await page.waitForTimeout(100);
    await screenshot(page, `${name}-${size.width}-${theme}`);
  }
  await page.setViewportSize(SIZES[0]);
}
