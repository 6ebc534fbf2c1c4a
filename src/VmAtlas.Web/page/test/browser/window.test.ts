import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { axe, column, kib } from "./look";
import { launch, openPage, screenshot, Server, Target, temporaryFolder, whyNot, type OpenPage } from "./harness";

describe.skipIf(whyNot !== undefined)(`the window (${whyNot ?? "Chromium"})`, () => {
  let browser: Browser;
  let target: Target;
  let server: Server;
  let open: OpenPage;
  let page: Page;
  const folder = temporaryFolder();

  beforeAll(async () => {
    browser = await launch();
  });
  beforeEach(async () => {
    target = await Target.start();
    server = await Server.start(String(target.pid));
    open = await openPage(browser, server.url);
    ({ page } = open);
    await page.locator(".row[id]").first().waitFor();
  });
  afterEach(async () => {
    await page.context().close();
    await server.stop();
    await target.stop();
  });
  afterAll(async () => {
    await browser.close();
    folder.remove();
  });

  it("takes the token out of the address and survives a reload", async () => {
    expect(page.url()).not.toContain("token");
    await page.reload();
    await page.locator(".row[id]").first().waitFor();
    expect(open.complaints).toEqual([]);
  });

  it("shows who the target is, three bars, and every type with its sums", async () => {
    expect(await page.locator(".process").textContent()).toContain(String(target.pid));
    expect(await page.locator(".bar-line").count()).toBe(3);
    const cells = await page.locator(".summary tbody tr").evaluateAll((rows) => rows.map((row) => [...row.children].map((c) => c.textContent ?? "")));
    expect(cells.map((row) => row[0]!.trim())).toEqual([
      "Total", "Image", "Mapped File", "Shareable", "Heap", "Managed Heap", "Stack", "Private Data", "Page Table", "Unusable", "Free",
    ]);
    const sum = cells.slice(1, 10).reduce((total, row) => total + kib(row[2]!), 0);
    expect(Math.abs(sum - kib(cells[0]![2]!))).toBeLessThan(10); // whole KiB, each rounded down
    await screenshot(page, "window-1280-light");
    expect(open.complaints).toEqual([]);
  });

  it("sorts by any column, largest sizes first", async () => {
    await page.locator('.title[data-key="size"] button').click();
    await page.locator('.title[data-key="size"][aria-sort="descending"]').waitFor();
    const sizes = (await column(page, "size")).map(kib);
    expect(sizes).toEqual(sizes.toSorted((a, b) => b - a));
    await page.locator('.title[data-key="size"] button').click();
    await page.locator('.title[data-key="size"][aria-sort="ascending"]').waitFor();
    const ascending = (await column(page, "size")).map(kib);
    expect(ascending).toEqual(ascending.toSorted((a, b) => a - b));
  });

  it("filters by type from the summary and by an expression, and says what is wrong with one", async () => {
    await page.locator(".summary tbody tr.type-0 button").click();
    await expect.poll(async () => new Set(await column(page, "type"))).toEqual(new Set(["Image"]));
    await page.locator(".chip").click();
    await page.fill("#filter", "type = stack and size > 64K");
    await expect.poll(async () => new Set(await column(page, "type"))).toEqual(new Set(["Stack"]));
    await page.fill("#filter", "private >");
    await page.locator("#filter-failure").waitFor();
    expect(await page.locator("#filter-failure").textContent()).toContain("at its end");
    await page.fill("#filter", "protec");
    await page.locator('#filter-offers li b:text-is("protection")').waitFor();
    await page.keyboard.press("Tab");
    expect(await page.inputValue("#filter")).toBe("protection");
  });

  it("opens and closes regions by keyboard, selects, and adds the selection up", async () => {
    await page.locator(".row.closed").first().click({ position: { x: 200, y: 5 } });
    const before = await page.locator(".shown").textContent();
    await page.keyboard.press("ArrowRight");
    await page.locator(".row.open").first().waitFor();
    expect(await page.locator(".shown").textContent()).not.toBe(before);
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("Shift+ArrowDown");
    expect(await page.locator(".status .sum").textContent()).toMatch(/^2 selected/);
    await page.keyboard.press("Control+c");
    const copied = await page.evaluate("navigator.clipboard.readText()");
    expect(copied).toMatch(/^[0-9a-f]{16}$/);
    expect(await column(page, "address")).toContain(copied);
  });

  it("finds text and addresses", async () => {
    await page.keyboard.press("Control+f");
    await page.keyboard.type("stack");
    await page.keyboard.press("Enter");
    await page.locator(".row.selected.type-5").waitFor();
    const at = (await page.locator(".row.selected .cell").first().textContent())!;
    await page.locator(".find input").fill(`at ${at}`);
    await page.keyboard.press("F3");
    expect(await page.locator(".row.selected .cell").first().textContent()).toBe(at);
    expect(open.complaints).toEqual([]);
  });

  it("says why a row is what it is, and what the words mean", async () => {
    await page.locator(".row.type-0").first().click({ position: { x: 200, y: 5 } });
    await page.keyboard.press("F2");
    expect(await page.locator(".why").textContent()).toMatch(/Why: \S+.*annotator/s);
    await screenshot(page, "why-1280-light");
    await page.locator(".why >> text=What is").click();
    await page.locator(".glossary .asked").waitFor();
    expect(await page.locator(".glossary .asked").textContent()).toContain("Image");
  });

  it("refreshes, keeps every snapshot, and shows the changes between two", async () => {
    await target.grow();
    await page.keyboard.press("F5");
    await page.locator("text=Snapshot 2 of 2").waitFor();
    await page.locator(".dock-tabs >> text=Timeline").click();
    await page.locator(".timeline .list tbody tr").nth(1).waitFor();
    expect(await page.locator(".timeline .list tbody tr").nth(1).textContent()).toMatch(/\+24,\d{3} K/);
    await screenshot(page, "timeline-1280-light");
    await page.locator(".timeline .list tbody button").first().click();
    await page.locator("text=Snapshot 1 of 2").waitFor();
    const chart = (await page.locator(".chart .u-over").boundingBox())!;
    await page.mouse.move(chart.x + 5, chart.y + 20);
    await page.mouse.down();
    await page.mouse.move(chart.x + chart.width - 5, chart.y + 20, { steps: 5 });
    await page.mouse.up();
    await page.locator(".status >> text=Changes from").waitFor();
    await page.locator('.title[data-key="private"] button').click();
    await expect.poll(async () => (await column(page, "private"))[0]).toMatch(/^\+24,\d{3} K/);
    await screenshot(page, "changes-1280-light");
    expect(open.complaints).toEqual([]);
  });

  it("refreshes by itself, pauses, and says when the process has ended", async () => {
    await page.selectOption(".live select", "1");
    await page.locator("text=/Snapshot [3-9] of/").waitFor();
    await page.keyboard.press("Control+Space");
    await page.locator('.live button[aria-pressed="true"]').waitFor();
    await page.keyboard.press("Control+Space");
    await target.stop();
    await page.locator(".ended").waitFor();
    expect(await page.locator(".row[id]").count()).toBeGreaterThan(5);
  });

  it("draws the map of the address space, zooms it, and selects by a click", async () => {
    await page.locator(".dock-tabs >> text=Fragmentation").click();
    const canvas = page.locator("canvas.cells");
    const box = (await canvas.boundingBox())!;
    const picture = (): Promise<string> => canvas.evaluate((c) => (c as HTMLCanvasElement).toDataURL());
    await expect.poll(picture).not.toBe("data:,");
    const whole = await picture();
    await page.mouse.move(box.x + 400, box.y + 40);
    await page.mouse.wheel(0, -400);
    await expect.poll(picture).not.toBe(whole);
    expect(await page.locator(".map-hover").textContent()).toMatch(/^[0-9a-f]{16} {2}\w/);
    await page.mouse.click(box.x + 400, box.y + 40);
    await page.locator(".row.selected").waitFor();
    await screenshot(page, "map-1280-light");
    expect(open.complaints).toEqual([]);
  });

  it("shows the pages of a region and its strings", async () => {
    await page.fill("#filter", 'type = shareable and size = 1M');
    await expect.poll(async () => new Set(await column(page, "size"))).toEqual(new Set(["1,024 K"]));
    await page.locator(".dock-tabs >> text=Pages").click();
    await page.locator(".row.type-2").first().click({ position: { x: 200, y: 5 } });
    await expect.poll(() => page.locator(".map-hover").textContent()).toContain("256 pages");
    await screenshot(page, "pages-1280-light");
    await page.locator(".dock-tabs >> text=Strings").click();
    await page.fill('.strings input[type="text"]', "needle-\\d+");
    await page.locator(".strings >> text=Search").click();
    await page.locator(".strings td.text >> text=needle-4711").waitFor();
    await screenshot(page, "strings-1280-light");
    expect(open.complaints).toEqual([]);
  });

  it("chooses another process by name, launches a program, and goes back", async () => {
    await page.keyboard.press("Control+p");
    await page.locator(".processes tbody tr").first().waitFor();
    await screenshot(page, "chooser-1280-light");
    await page.keyboard.type(String(process.pid));
    await page.keyboard.press("Enter");
    await page.locator("dialog").waitFor({ state: "detached" });
    await expect.poll(() => page.locator(".process").textContent()).toContain(`PID:${process.pid}`);
    await page.keyboard.press("Control+p");
    await page.locator("[role=tab] >> text=Launch").click();
    await page.fill('[name="program"]', "sleep");
    await page.fill('[name="arguments"]', "30");
    await page.locator(".fields >> text=Launch").last().click();
    await expect.poll(() => page.locator(".process").textContent()).toContain("sleep");
    await page.keyboard.press("Control+p");
    await page.locator(".open-now button").first().click();
    await expect.poll(() => page.locator(".process").textContent()).toContain(`PID:${target.pid}`);
  });

  it("says what emptying the working set does before it does it", async () => {
    await page.keyboard.press("Control+e");
    await page.locator("dialog >> text=write out").waitFor();
    await page.locator("dialog .primary").click();
    await page.locator("dialog [role=status], dialog [role=alert]").waitFor();
    await page.keyboard.press("Escape");
    await page.locator("dialog").waitFor({ state: "detached" });
  });

  it("saves, opens what was saved, and makes a report that needs no server", async () => {
    await target.grow();
    await page.keyboard.press("F5");
    await page.locator("text=Snapshot 2 of 2").waitFor();
    const [saved, report] = [join(folder.path, "x.vmatlas"), join(folder.path, "x.html")];
    for (const path of [saved, report]) {
      await page.keyboard.press("Control+s");
      await page.locator(`dialog label:has-text(".${path.split(".").at(-1)} –") input`).check();
      await page.fill('dialog input[type="text"]', path);
      await page.locator("dialog >> text=Save there").click();
      await page.locator("dialog [role=status]").waitFor();
      await page.keyboard.press("Escape");
      await page.locator("dialog").waitFor({ state: "detached" });
    }
    await page.keyboard.press("Control+o");
    await page.fill('[name="path"]', saved);
    await page.locator(".fields >> text=Open").first().click();
    await page.locator(".live").waitFor({ state: "detached" });
    await page.locator("text=Snapshot 2 of 2").waitFor();
    expect(open.complaints).toEqual([]);

    const offline = await openPage(browser, `file://${report}`);
    await offline.page.locator(".row[id]").first().waitFor();
    await offline.page.locator(".dock-tabs >> text=Timeline").click();
    await offline.page.locator(".timeline .list tbody button").first().click();
    await offline.page.locator("text=Snapshot 1 of 2").waitFor();
    await offline.page.fill("#filter", "stack");
    await expect.poll(async () => (await column(offline.page, "type")).includes("Stack")).toBe(true);
    await screenshot(offline.page, "report-1280-light");
    expect(offline.complaints).toEqual([]);
    await offline.page.context().close();
  });

  it("downloads to the browser's machine, and opens a file dropped on it", async () => {
    await page.keyboard.press("Control+s");
    const [download] = await Promise.all([page.waitForEvent("download"), page.locator("dialog >> text=Download here").click()]);
    const path = join(folder.path, "downloaded.vmatlas");
    await download.saveAs(path);
    await page.keyboard.press("Escape");
    await page.locator("dialog").waitFor({ state: "detached" });
    await page.keyboard.press("Control+o");
    await page.setInputFiles('dialog input[type="file"]', path);
    await page.locator(".live").waitFor({ state: "detached" });
    expect(await page.locator(".process").textContent()).toContain(String(target.pid));
  });

  it("says so when the server has ended", async () => {
    await server.stop();
    await page.locator(".failure >> text=has ended").waitFor();
    expect(await page.locator(".row[id]").count()).toBeGreaterThan(5);
  });

  it.each(["Light", "Dark", "VMMap Colours"])("has nothing for axe to find in the theme %s", async (theme) => {
    await page.locator(".menu >> text=Options").click();
    await page.locator(`.items >> text=${theme}`).click();
    for (const dock of ["Timeline", "Changes", "Fragmentation", "Pages", "Strings"]) {
      await page.locator(`.dock-tabs >> text=${dock}`).click();
      await page.waitForTimeout(200);
      expect(await axe(page), dock).toEqual([]);
    }
    await page.locator(".dock-tabs >> text=Why").click();
    await page.keyboard.press("Control+p");
    await page.locator(".processes tbody tr").first().waitFor();
    expect(await axe(page), "chooser").toEqual([]);
    await page.keyboard.press("Escape");
    await page.setViewportSize({ width: 1920, height: 1080 });
    await page.locator(".dock-tabs >> text=Fragmentation").click();
    await page.locator(".row").nth(4).click({ position: { x: 200, y: 5 } });
    await screenshot(page, `window-1920-${theme.split(" ")[0]!.toLowerCase()}`);
  });
});
