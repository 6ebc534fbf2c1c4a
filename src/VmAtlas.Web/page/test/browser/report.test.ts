import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { built, launch, openPage, run, screenshot, Server, Target, temporaryFolder, whyNot } from "./harness";
import { axe, column } from "./look";

const HEAP_TARGET = built("targets/heap_classes");
const CLR_TARGET = built("bin/ClrTarget/debug/clrtarget");

describe.skipIf(whyNot !== undefined)(`reports (${whyNot ?? "Chromium"})`, () => {
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

  it("shows a recording of the command line with every view, from a file and without a request", async () => {
    const [saved, report] = [join(folder.path, "long.vmatlas"), join(folder.path, "long.html")];
    const server = await Server.start(String(target.pid));
    for (let n = 0; n < 2; n++) {
      await target.grow();
      await server.call("/api/sessions/1/refresh", {});
    }
    await server.call("/api/sessions/1/save", { path: saved, index: null });
    await server.stop();
    run("export", saved, "-o", report);

    const { page, complaints } = await openPage(browser, "about:blank");
    const asked: string[] = [];
    page.on("request", (request) => asked.push(request.url()));
    await page.goto(`file://${report}`);
    await page.locator("text=Snapshot 3 of 3").waitFor();
    expect(await page.locator(".dock-tabs button").allTextContents()).toEqual(["Timeline", "Changes", "Fragmentation", "Why"]);

    await page.locator(".dock-tabs >> text=Timeline").click();
    await page.locator(".timeline .event >> text=Private Data grew by 24 MiB").first().waitFor();
    await screenshot(page, "report-timeline-1280-light");
    await page.locator(".timeline .list tbody button").first().click();
    await page.locator("text=Snapshot 1 of 3").waitFor();

    await page.locator(".dock-tabs >> text=Changes").click();
    await page.locator(".changes >> text=First to newest").click();
    await page.locator(".status >> text=Changes from").waitFor();
    await page.locator('.title[data-key="private"] button').click();
    await expect.poll(async () => (await column(page, "private"))[0]).toMatch(/^\+(24|49),\d{3} K/);
    const first = await page.locator(".summary tbody tr").allTextContents();
    await page.selectOption(".changes select >> nth=0", "1");
    await page.locator(".status >> text=Changes from").waitFor();
    await expect.poll(() => page.locator(".summary tbody tr").allTextContents()).not.toEqual(first);
    await expect.poll(async () => (await column(page, "private"))[0]).toMatch(/^\+24,\d{3} K/);
    await page.locator(".changes >> text=Show changes").click();
    await page.locator("text=Snapshot 3 of 3").waitFor();

    await page.locator(".dock-tabs >> text=Fragmentation").click();
    const canvas = page.locator("canvas.cells");
    await canvas.hover({ position: { x: 400, y: 60 } });
    await expect.poll(() => page.locator(".map-hover").textContent()).toMatch(/^[0-9a-f]{16} {2}\w/);
    expect(await page.locator(".map .list").textContent()).toMatch(/fragmentation\s*\d+\.\d\d %/);

    await page.fill("#filter", "libc.so");
    await expect.poll(async () => new Set(await column(page, "type"))).toEqual(new Set(["Image"]));
    await page.locator(".row.type-0[id]").first().click({ position: { x: 200, y: 5 } });
    await page.keyboard.press("F2");
    await expect.poll(() => page.locator(".why .facts").textContent()).toMatch(/build-id[0-9a-f]{40}/);
    await page.locator(".why >> text=What is").click();
    await page.locator(".glossary .asked >> text=Image").first().waitFor();
    await page.keyboard.press("Escape");
    await page.keyboard.press("Control+f");
    await page.keyboard.type("libc");
    await page.keyboard.press("Enter");
    await page.locator(".row.selected").waitFor();
    for (const item of ["Select Process…", "Refresh", "Empty Working Set…"]) expect(await disabled(page, item), item).toBe(true);
    expect(await axe(page)).toEqual([]);
    expect(asked.filter((url) => !url.startsWith("data:") && !url.startsWith("blob:"))).toEqual([`file://${report}`]);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it("shows one snapshot of a running process", async () => {
    const report = join(folder.path, "one.html");
    run("export", String(target.pid), "-o", report);
    const { page, complaints } = await openPage(browser, `file://${report}`);
    await page.locator("text=Snapshot 1 of 1").waitFor();
    expect(await page.locator(".process").textContent()).toContain(`PID:${target.pid}`);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it.skipIf(HEAP_TARGET === undefined)("has the blocks of malloc that its file kept", async () => {
    const [heap, saved, report] = [await Target.run(HEAP_TARGET!), join(folder.path, "heap.vmatlas"), join(folder.path, "heap.html")];
    run("snapshot", String(heap.pid), "--heaps", "-o", saved);
    await heap.stop();
    run("export", saved, "-o", report);
    const told = JSON.parse(run("heap", saved, "--json")) as { inUse: { blocks: number } };
    const { page, complaints } = await openPage(browser, `file://${report}`);
    await page.locator(".dock-tabs >> text=Heap Allocations").click();
    await page.locator('.heap .row[aria-rowindex="5"]').waitFor();
    expect(await page.locator(".heap .list").textContent()).toContain(`${told.inUse.blocks.toLocaleString("en-US")} blocks in use`);
    const caption = await page.locator(".heap caption >> text=The region").textContent();
    expect(caption).toBe(`The region: ${Number(await page.locator(".heap .tree").getAttribute("aria-rowcount")).toLocaleString("en-US")} chunks`);
    expect(await page.locator(".heap >> text=Look again").count()).toBe(0);
    await screenshot(page, "report-heap-1280-light");
    expect(await axe(page)).toEqual([]);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it.skipIf(CLR_TARGET === undefined)("has the generations of a .NET process, and the objects that its file kept", async () => {
    const [clr, saved, report, plain] = [await Target.run(CLR_TARGET!), ...["clr.vmatlas", "clr.html", "plain.html"].map((name) => join(folder.path, name))] as [Target, string, string, string];
    run("snapshot", String(clr.pid), "--managed", "-o", saved);
    run("export", String(clr.pid), "-o", plain);
    await clr.stop();
    run("export", saved, "-o", report);
    const without = await openPage(browser, `file://${plain}`);
    await without.page.locator(".dock-tabs >> text=Managed").click();
    await without.page.locator(".managed >> text=saved without them").waitFor();
    await without.page.context().close();
    const { page, complaints } = await openPage(browser, `file://${report}`);
    await page.locator(".dock-tabs >> text=Managed").click();
    await page.locator(".managed >> text=generation 2").waitFor();
    await page.locator(".objects td.text >> text=System.String").first().waitFor();
    expect(await page.locator(".managed >> text=Count objects").count()).toBe(0);
    expect(await axe(page)).toEqual([]);
    expect(complaints).toEqual([]);
    await page.context().close();
  });
});

/** Whether a menu's item can not be chosen. */
async function disabled(page: import("playwright-core").Page, item: string): Promise<boolean> {
  const menu = { "Select Process…": "File", Refresh: "View", "Empty Working Set…": "Tools" }[item]!;
  await page.locator(`.menu > button >> text=${menu}`).click();
  const off = await page.locator(`.items button:has-text("${item}")`).isDisabled();
  await page.locator(`.menu > button >> text=${menu}`).click();
  return off;
}
