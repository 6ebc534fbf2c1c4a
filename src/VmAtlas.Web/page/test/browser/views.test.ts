import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { built, launch, openPage, run, screenshot, Server, Target, temporaryFolder, whyNot, type OpenPage } from "./harness";
import { axe, column, settled } from "./look";

const HEAP_TARGET = built("targets/heap_classes");
const CLR_TARGET = built("bin/ClrTarget/debug/clrtarget");

describe.skipIf(whyNot !== undefined)(`views and what is remembered (${whyNot ?? "Chromium"})`, () => {
  let browser: Browser;
  const folder = temporaryFolder();
  const closing: (() => Promise<void>)[] = [];
  const use = async <T>(made: Promise<T>, close: (thing: T) => Promise<void>): Promise<T> => {
    const thing = await made;
    closing.unshift(() => close(thing));
    return thing;
  };
  const start = (program: Promise<Target>): Promise<Target> => use(program, (target) => target.stop());
  const serve = (settings: string | undefined, ...targets: string[]): Promise<Server> =>
    use(Server.startWith(settings === undefined ? {} : { settings }, ...targets), (server) => server.stop());
  const visit = async (url: string): Promise<OpenPage> => {
    const open = await use(openPage(browser, url), ({ page }) => page.context().close());
    await open.page.locator(".row[id]").first().waitFor();
    return open;
  };

  beforeAll(async () => {
    browser = await launch();
  });
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });
  afterAll(async () => {
    await browser.close();
    folder.remove();
  });

  it("remembers theme, columns, order, widths, sorting, views and heights in another server on another port", async () => {
    const target = await start(Target.start());
    const settings = temporaryFolder();
    closing.push(() => Promise.resolve(settings.remove()));
    const first = await serve(settings.path, String(target.pid));
    const { page } = await visit(first.url);
    await page.locator(".menu >> text=Options").click();
    await page.locator(".items >> text=Dark").click();
    await drag(page, '.title[data-key="pss"]', '.title[data-key="type"]');
    await page.locator('.title[data-key="pss"] .grip').hover();
    const width = (await page.locator('.title[data-key="pss"]').boundingBox())!.width;
    await page.mouse.down();
    await page.mouse.move((await page.locator('.title[data-key="pss"]').boundingBox())!.x + width + 40, 380, { steps: 3 });
    await page.mouse.up();
    await page.locator('.title[data-key="private"] button').click();
    await page.locator(".dock-tabs >> text=Fragmentation").click();
    await page.locator(".dock-tabs >> text=Why").click();
    await page.locator('[aria-label="Height of the view below"]').focus();
    await page.keyboard.press("ArrowUp");
    const summary = (await page.locator(".summary").boundingBox())!;
    await page.mouse.move(summary.x + 300, summary.y + summary.height + 1);
    await page.mouse.down();
    await page.mouse.move(summary.x + 300, summary.y + 120, { steps: 4 });
    await page.mouse.up();
    await page.selectOption(".live select", "5");
    await expect.poll(() => readFileSync(join(settings.path, "vmatlas/page.json"), "utf8")).toContain('"interval":5');
    const titles = await page.locator(".title").evaluateAll((all) => all.map((t) => `${(t as HTMLElement).dataset["key"]} ${(t as HTMLElement).style.width}`));
    expect(titles[1]).toMatch(/^pss 1\d\dpx$/);

    const second = await serve(settings.path, String(target.pid));
    expect(new URL(second.url).port).not.toBe(new URL(first.url).port);
    const again = (await visit(second.url)).page;
    expect(await again.evaluate("document.documentElement.dataset.theme")).toBe("dark");
    expect(await again.locator(".title").evaluateAll((all) => all.map((t) => `${(t as HTMLElement).dataset["key"]} ${(t as HTMLElement).style.width}`))).toEqual(titles);
    await again.locator('.title[data-key="private"][aria-sort="descending"]').waitFor();
    await again.locator(".why").waitFor();
    expect((await again.locator(".dock-view").boundingBox())!.height).toBeCloseTo(240, -1);
    expect((await again.locator(".summary").boundingBox())!.height).toBeCloseTo(120, -1);
    await expect.poll(() => again.inputValue(".live select")).toBe("5");
    await again.keyboard.press("Control+p");
    await again.locator(".recent >> text=python3").last().waitFor();
  });

  it("opens a recent file again", async () => {
    const target = await start(Target.start());
    const saved = join(folder.path, "recent.vmatlas");
    run("snapshot", String(target.pid), "-o", saved);
    const settings = temporaryFolder();
    closing.push(() => Promise.resolve(settings.remove()));
    await visit((await serve(settings.path, saved)).url);
    await expect.poll(() => readFileSync(join(settings.path, "vmatlas/page.json"), "utf8")).toContain(saved);
    const { page } = await visit((await serve(settings.path, String(target.pid))).url);
    await page.keyboard.press("Control+p");
    await page.locator(".recent >> text=recent.vmatlas").click();
    await page.locator(".live").waitFor({ state: "detached" });
    expect(await page.locator(".process").textContent()).toContain(String(target.pid));
  });

  it("zooms the timeline and marks where the process became another program", async () => {
    const target = await start(Target.run("sh", "-c", "echo ready; read line; exec sleep 100"));
    const { page, complaints } = await visit((await serve(undefined, String(target.pid))).url);
    for (let n = 2; n <= 4; n++) {
      await page.keyboard.press("F5");
      await page.locator(`text=Snapshot ${n} of ${n}`).waitFor();
    }
    await page.locator(".dock-tabs >> text=Timeline").click();
    const picture = (): Promise<string> => page.locator(".chart canvas").evaluate((c) => (c as HTMLCanvasElement).toDataURL());
    await page.locator(".chart .u-over").waitFor();
    const whole = await settled(picture);
    await page.locator('.timeline-tools [aria-label="Zoom in"]').click();
    await expect.poll(picture).not.toBe(whole);
    // The chart is drawn some frames after what moves it: a picture counts when the next one is the same.
    const near = await settled(picture);
    await page.locator(".chart .u-over").hover();
    const wheel = async (): Promise<string> => {
      await page.mouse.wheel(0, -300);
      return settled(picture);
    };
    await expect.poll(wheel).not.toBe(near);
    await page.locator(".timeline-tools >> text=Whole").click();
    void target.say("go", "never").catch(() => undefined);
    await expect
      .poll(async () => {
        await page.keyboard.press("F5");
        return page.locator(".timeline .event").allTextContents();
      }, { interval: 300 })
      .toContainEqual(expect.stringMatching(/became another program: .*sleep/));
    await expect.poll(() => page.locator(".process").textContent()).toContain("sleep");
    await screenshot(page, "timeline-exec-1280-light");
    expect(complaints).toEqual([]);
  });

  it("keeps folders with debug information in the list that the command line reads", async () => {
    const target = await start(Target.start());
    const settings = temporaryFolder();
    closing.push(() => Promise.resolve(settings.remove()));
    const { page, complaints } = await visit((await serve(settings.path, String(target.pid))).url);
    await page.locator(".menu >> text=Options").click();
    await page.locator(".items >> text=Symbol Folders…").click();
    await page.locator("dialog textarea").fill("relative");
    await page.locator("dialog button.primary").click();
    await page.locator("dialog [role=alert] >> text=can not be a folder of the list").waitFor();
    await page.locator("dialog textarea").fill("/builds/a\n/builds/b\n");
    await page.locator("dialog button.primary").click();
    await page.locator("dialog >> text=Kept.").waitFor();
    expect(readFileSync(join(settings.path, "vmatlas", "symbols"), "utf8")).toBe("/builds/a\n/builds/b\n");
    await screenshot(page, "symbol-folders-1280-light");
    // The browser complains of every answer that refuses.
    expect(complaints.filter((text) => !text.includes("400"))).toEqual([]);
  });

  it("says more of a row than its columns: build id, mapping, flags, offsets", async () => {
    const target = await start(Target.start());
    const { page } = await visit((await serve(undefined, String(target.pid))).url);
    await page.fill("#filter", "details ~ libc.so");
    await expect.poll(() => page.locator(".shown").textContent()).toBe("1 row");
    await page.locator(".row.type-0[id]").first().click({ position: { x: 200, y: 5 } });
    await page.keyboard.press("F2");
    await expect.poll(() => page.locator(".why .facts").textContent()).toMatch(/build-id[0-9a-f]{40}/);
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowDown");
    await expect.poll(() => page.locator(".why .facts").textContent()).toMatch(/Mapping\/.*libc.*VmFlagsrd .*File offset0x.*Inode\d+.*Device\d+:\d+/);
    await screenshot(page, "why-facts-1280-light");
    await page.locator(".why >> text=annotator)").click();
    await page.locator("dialog >> text=in the order in which they claim").waitFor();
  });

  it("opens blocks of a live process to runs of their pages, by keyboard, and those of a file to nothing", async () => {
    const program = `
import sys, mmap
m = mmap.mmap(-1, 64 * 4096, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
for page in range(16): m[page * 4096] = 1
seen = sum(m[page * 4096] for page in range(32, 48))
print("ready", flush=True)
for line in sys.stdin:
    for page in range(16, 32): m[page * 4096] = 1
    print("written", flush=True)
`;
    const target = await start(Target.run("python3", "-c", program));
    const server = await serve(undefined, String(target.pid));
    const { page, complaints } = await visit(server.url);
    await page.fill("#filter", "protection = rwx and size = 256K");
    await expect.poll(() => page.locator(".shown").textContent()).toBe("1 row");
    await page.locator(".row[id]").first().click({ position: { x: 200, y: 5 } });
    await page.keyboard.press("ArrowRight");
    await expect.poll(() => column(page, "details").then((texts) => texts.slice(1))).toEqual([
      "16 pages: private", "16 pages: not present", "16 pages: zero page", "16 pages: not present",
    ]);
    expect((await column(page, "size")).slice(1)).toEqual(["64 K", "64 K", "64 K", "64 K"]);
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowDown");
    await expect.poll(() => page.locator(".row.selected").getAttribute("aria-level")).toBe("2");
    await page.keyboard.press("F2");
    await expect.poll(() => page.locator(".why").textContent()).toContain("16 pages: not present");
    // What is open and selected stays so with the next snapshot, and is what it is by then.
    await target.say("", "written");
    await page.keyboard.press("F5");
    await expect.poll(() => column(page, "details").then((texts) => texts.slice(1))).toEqual(["32 pages: private", "16 pages: zero page", "16 pages: not present"]);
    await page.locator(".row[aria-rowindex='2']").click({ position: { x: 200, y: 5 } });
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("ArrowLeft");
    await expect.poll(() => page.locator(".shown").textContent()).toBe("1 row");

    await page.fill("#filter", "details ~ libc.so");
    await expect.poll(() => column(page, "details").then((texts) => texts[0])).toContain("libc.so");
    await page.locator(".row[id]").first().click({ position: { x: 200, y: 5 } });
    for (const key of ["ArrowRight", "ArrowDown", "ArrowRight"]) await page.keyboard.press(key);
    await page.locator('.row[aria-level="3"]').first().waitFor();
    await page.keyboard.press("ArrowDown");
    await expect.poll(() => page.locator(".row.selected").getAttribute("aria-level")).toBe("3");
    await screenshot(page, "pages-in-details-1280-light");
    expect(await axe(page)).toEqual([]);

    const saved = join(folder.path, "pages.vmatlas");
    await server.call("/api/sessions/1/save", { path: saved, index: null });
    const file = await visit((await serve(undefined, saved)).url);
    await file.page.fill("#filter", "protection = rwx and size = 256K");
    await expect.poll(() => file.page.locator(".shown").textContent()).toBe("1 row");
    expect(await file.page.locator(".row[id]").first().getAttribute("aria-expanded")).toBe(null);
    await file.page.locator(".row[id]").first().click({ position: { x: 200, y: 5 } });
    await file.page.keyboard.press("ArrowRight");
    expect(await file.page.locator(".shown").textContent()).toBe("1 row");
    expect(complaints.concat(file.complaints)).toEqual([]);
  });

  it("shows which pages were written since the last mark, where the kernel tracks it", async () => {
    const target = await start(Target.start());
    const { page, complaints } = await visit((await serve(undefined, String(target.pid))).url);
    // Many kernels do not track it, so the answer of one that does is made here: private pages, each second half written.
    const PRIVATE = 1 | 8;
    let [pages, written] = [0, 0];
    await page.route("**/pages?*", async (route) => {
      const states = await (await route.fetch()).body();
      [pages, written] = [states.length, states.length >> 1];
      await route.fulfill({ body: Buffer.from(states.map((_, at) => (at < pages - written ? PRIVATE : PRIVATE | 128))) });
    });
    await page.fill("#filter", "type = heap and size > 64K");
    await page.locator(".row.type-3[id]").first().click({ position: { x: 200, y: 5 } });
    await page.locator(".dock-tabs >> text=Pages").click();
    const row = page.locator(".map .list tr.dirty");
    await row.waitFor();
    expect(await row.locator("td").textContent()).toBe(written.toLocaleString("en-US"));
    const colours = `(() => {
      const canvas = document.querySelector("canvas.cells");
      const pixels = new Uint32Array(canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.buffer);
      const [mark, text] = ["--mark-3", "--text"].map((name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim());
      const channels = (hex) => (hex.length === 4 ? [...hex.slice(1)].map((c) => c + c) : hex.slice(1).match(/../g)).map((pair) => Number.parseInt(pair, 16));
      const near = (wanted) => pixels.some((p) => wanted.every((value, i) => Math.abs(((p >>> (8 * i)) & 255) - value) <= 1));
      const [own, other] = [channels(mark), channels(text)];
      return [near(own), near(own.map((value, i) => (value + other[i]) / 2))];
    })()`;
    await expect.poll(() => page.evaluate(colours)).toEqual([true, true]);
    await screenshot(page, "pages-written-1280-light");
    expect(await axe(page)).toEqual([]);
    expect(complaints).toEqual([]);
  });

  it.skipIf(HEAP_TARGET === undefined)("shows the blocks of a heap, by address, size and class", async () => {
    const target = await start(Target.run(HEAP_TARGET!));
    const { page, complaints } = await visit((await serve(undefined, String(target.pid))).url);
    await page.locator(".dock-tabs >> text=Heap Allocations").click();
    await page.locator(".heap .row[id]").first().waitFor();
    const told = JSON.parse(run("heap", String(target.pid), "--json")) as { inUse: { blocks: number } };
    await expect.poll(() => page.locator(".heap caption").allTextContents()).toContainEqual(expect.stringContaining(`${told.inUse.blocks.toLocaleString("en-US")} blocks in use`));
    await page.locator('.heap .title[data-key="size"] button').click();
    const sizes = await heapColumn(page, 1);
    expect(sizes).toEqual(sizes.toSorted((a, b) => b - a));
    await page.locator('.heap .title[data-key="class"] button').click();
    await page.locator('.heap .title[data-key="class"] button').click();
    await expect.poll(() => page.locator('.heap .row[aria-rowindex="1"] .cell').last().textContent()).toMatch(/\w/);
    await page.locator('.heap .row[aria-rowindex="1"]').click();
    expect(await axe(page)).toEqual([]);
    await screenshot(page, "heap-1280-light");
    await page.locator(".heap >> text=Look again").click();
    await page.locator(".heap caption >> text=No size has clearly more blocks").waitFor();
    expect(complaints).toEqual([]);
  });

  it.skipIf(HEAP_TARGET === undefined)("shows the blocks that a saved snapshot kept", async () => {
    const target = await start(Target.run(HEAP_TARGET!));
    const saved = join(folder.path, "kept.vmatlas");
    run("snapshot", String(target.pid), "--heaps", "-o", saved);
    const { page, complaints } = await visit((await serve(undefined, saved)).url);
    await page.locator(".dock-tabs >> text=Heap Allocations").click();
    await page.locator('.heap .row[aria-rowindex="5"]').waitFor();
    expect(await page.locator(".heap >> text=Look again").count()).toBe(0);
    expect(await axe(page)).toEqual([]);
    expect(complaints).toEqual([]);
  });

  it.skipIf(CLR_TARGET === undefined)("shows .NET's generations, counts its objects, and what became more", async () => {
    const target = await start(Target.run(CLR_TARGET!));
    const { page, complaints } = await visit((await serve(undefined, String(target.pid))).url);
    await page.locator(".dock-tabs >> text=Managed").click();
    await page.locator(".managed >> text=generation 2").waitFor();
    await page.locator(".managed >> text=Count objects").click();
    await page.locator(".objects td.text >> text=System.String").first().waitFor();
    await target.say("grow 5000", "done");
    await page.locator(".managed >> text=Count objects").click();
    const grown = page.locator(".objects tr", { hasText: "Program+Grown" });
    await expect.poll(() => grown.textContent()).toContain("+5,000");
    expect(await axe(page)).toEqual([]);
    await screenshot(page, "managed-1280-light");
    expect(complaints).toEqual([]);
  });

  it("offers no view of what the target does not have", async () => {
    const target = await start(Target.start());
    const saved = join(folder.path, "views.vmatlas");
    run("snapshot", String(target.pid), "-o", saved);
    const { page } = await visit((await serve(undefined, saved)).url);
    expect(await page.locator(".dock-tabs button").allTextContents()).toEqual(["Timeline", "Changes", "Fragmentation", "Why"]);
    await page.keyboard.press("Alt+t");
    expect(await page.locator(".dock-view").count()).toBe(0);
  });
});

async function heapColumn(page: Page, at: number): Promise<number[]> {
  return page.locator(".heap .row[id]").evaluateAll(
    (rows, i) =>
      rows
        .sort((a, b) => Number(a.getAttribute("aria-rowindex")) - Number(b.getAttribute("aria-rowindex")))
        .map((row) => Number((row.children[i]?.textContent ?? "").replaceAll(",", ""))),
    at,
  );
}

async function drag(page: Page, from: string, to: string): Promise<void> {
  const [a, b] = [(await page.locator(from).boundingBox())!, (await page.locator(to).boundingBox())!];
  await page.mouse.move(a.x + a.width / 2, a.y + a.height / 2);
  await page.mouse.down();
  await page.mouse.move(b.x + b.width / 2, b.y + b.height / 2, { steps: 6 });
  await page.mouse.up();
}
