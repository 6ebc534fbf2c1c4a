import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { built, launch, openPage, run, screenshot, Server, Target, temporaryFolder, whyNot, type OpenPage } from "./harness";
import { axe } from "./look";

/** 1000 blocks of 64 bytes by keep_small, 10 of 100,000 by keep_large, and then one of 4096 every 20 ms by leak_one. */
const LEDGER = built("targets/trace_ledger");
/** A .NET process with something in every generation. */
const CLR = built("bin/ClrTarget/debug/clrtarget");
const reason = whyNot ?? (LEDGER === undefined ? "trace_ledger is not built: make -C tests/targets" : undefined);

describe.skipIf(reason !== undefined)(`traces (${reason ?? "Chromium"})`, () => {
  let browser: Browser;
  const folder = temporaryFolder();
  const closing: (() => Promise<void>)[] = [];
  const serve = async (...targets: string[]): Promise<OpenPage & { server: Server }> => {
    const server = await Server.start(...targets);
    closing.unshift(() => server.stop());
    const open = await openPage(browser, server.url);
    closing.unshift(() => open.page.context().close());
    return { ...open, server };
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

  it("launches a program with a trace, shows who asked for its memory, and lets it go", async () => {
    const { page, server, complaints } = await serve();
    await page.locator("dialog >> text=Launch a program").click();
    await page.fill('dialog input[name="program"]', LEDGER!);
    await page.fill('dialog input[name="arguments"]', "60000");
    await page.locator("dialog >> text=Every operation").click();
    expect(await axe(page)).toEqual([]);
    await screenshot(page, "launch-1280-light");
    await page.locator("dialog button >> text=Launch").last().click();
    await page.locator(".tracing").waitFor();
    const pid = Number(/PID:(\d+)/.exec((await page.locator(".process").textContent())!)![1]);
    closing.push(() => Promise.resolve(void process.kill(pid)));
    // The call tree opens by itself, with the way to main open.
    await open(page, "keep_large", "Read again");
    expect(await cellOf(page, "keep_large", "liveBytes")).toBe("976 K");
    expect(await cellOf(page, "keep_small", "liveCount")).toBe("1,000");
    await page.selectOption('[aria-label="What is shared out"]', "totalCount");
    await expect.poll(() => cellOf(page, "keep_large", "share")).toMatch(/^\d\.\d %|0 %|1 %$/);
    expect(await axe(page)).toEqual([]);

    await page.keyboard.press("Alt+G");
    await page.locator(".flame").waitFor();
    await expect.poll(() => page.locator(".flame-told").textContent()).toMatch(/^all: [\d.]+ (KiB|MiB), 100 %$/);
    await page.locator(".flame").focus();
    for (let depth = 0; depth < 12 && !/keep_large|keep_small|leak_one/.test((await page.locator(".flame-told").textContent())!); depth++) await page.keyboard.press("ArrowDown");
    expect(await page.locator(".flame-told").textContent()).toMatch(/^(keep_large|keep_small|leak_one) \(trace_ledger\): /);
    await page.keyboard.press("Enter");
    await page.locator(".trace-view >> text=Whole").click();
    await expect.poll(() => page.locator(".flame-told").textContent()).toMatch(/^all: /);
    await page.locator('.trace-view input[type="text"]').fill("keep");
    expect(await axe(page)).toEqual([]);
    await screenshot(page, "flame-1280-light");

    await page.locator(".tracing >> text=Stop").click();
    await page.locator(".tracing").waitFor({ state: "detached" });
    expect((await server.call<{ ending?: string }[]>("/api/sessions/1/traces"))[0]!.ending).toBe("detached");
    expect(complaints).toEqual([]);
  });

  it("attaches to a process, shows its blocks, stacks, sources, events and what grew", async () => {
    const target = await Target.run(LEDGER!);
    closing.push(() => target.stop());
    const { page, server, complaints } = await serve(String(target.pid));
    await page.locator(".row[id]").first().waitFor();
    expect(await page.locator(".dock-tabs button").allTextContents()).not.toContain("Call Tree");
    await page.keyboard.press("Alt+A");
    await page.locator("dialog >> text=Start the trace").waitFor();
    expect(await axe(page)).toEqual([]);
    await page.locator("dialog >> text=Start the trace").click();
    await page.locator(".tracing").waitFor();
    const live = async (): Promise<number> => (await server.call<{ liveCount: number }[]>("/api/sessions/1/traces"))[0]?.liveCount ?? 0;
    await expect.poll(live, { timeout: 10_000 }).toBeGreaterThan(60);
    await expect.poll(() => page.locator(".status").textContent(), { timeout: 10_000 }).toMatch(/Snapshot [3-9] of/);
    await page.locator(".tracing >> text=Stop").click();
    await page.locator(".tracing").waitFor({ state: "detached" });
    const blocks = await live();

    await page.keyboard.press("Alt+K");
    await expect.poll(() => page.locator(".trace-bar b").textContent()).toContain(`${blocks} blocks`);
    await page.locator('.frame-table .row[aria-rowindex="1"]').click();
    await page.locator(".stack .function >> text=leak_one").waitFor();
    await page.locator(".stack li", { hasText: "leak_one" }).locator("button").click();
    await expect.poll(() => page.locator(".source .here").textContent()).toContain("malloc(4096)");
    expect(await axe(page)).toEqual([]);
    await screenshot(page, "allocations-1280-light");
    // Of a selected region: a thread's arena has them, the stack none.
    await page.locator(".row.type-5[id]").first().click({ position: { x: 200, y: 5 } });
    await page.locator(".frame-table >> text=No traced block lies in the selected row").waitFor();

    await page.keyboard.press("Alt+Y");
    await expect.poll(() => page.locator(".trace-view form b").textContent()).toBe(`${blocks} events`);
    await page.selectOption('[aria-label="Operations"]', "free");
    await expect.poll(() => page.locator(".trace-view form b").textContent()).toBe("0 events");
    await page.selectOption('[aria-label="Operations"]', "allocate,resize");
    await page.locator('.frame-table .row[aria-rowindex="2"]').click();
    await page.locator(".stack .function >> text=leak_one").waitFor();
    expect(await axe(page)).toEqual([]);
    await screenshot(page, "events-1280-light");

    await page.keyboard.press("Alt+W");
    await page.locator('.frame-table .row[aria-rowindex="1"] >> text=leak_one').waitFor();
    expect(await cellOf(page, "leak_one", "grown")).toBe(`${blocks * 4} K`);
    await page.selectOption(".trace-bar select >> nth=0", "1");
    await page.selectOption(".trace-bar select >> nth=1", "2");
    await expect.poll(async () => Number.parseInt((await cellOf(page, "leak_one", "grown")).replace(",", ""))).toBeLessThan(blocks * 4);
    expect(await axe(page)).toEqual([]);
    await screenshot(page, "growth-1280-light");

    await page.keyboard.press("Alt+L");
    await page.locator(".timeline th >> text=Allocated").waitFor();
    await expect.poll(() => page.locator(".timeline tbody tr").nth(2).locator("td").nth(4).textContent()).toMatch(/^\d+ K$/);
    await screenshot(page, "timeline-traced-1280-light");

    const saved = join(folder.path, "traced.vmatlas");
    await server.call("/api/sessions/1/save", { path: saved, index: null });
    expect(run("sites", saved, "--json")).toContain("leak_one");
    expect(complaints).toEqual([]);
  });

  it.skipIf(CLR === undefined)("shows the objects of a .NET program, launched and attached to, by type and call", async () => {
    const { page, server, complaints } = await serve();
    await page.locator("dialog >> text=Launch a program").click();
    await page.fill('dialog input[name="program"]', "/bin/sh");
    await page.fill('dialog input[name="arguments"]', `-c "sleep 60 | exec ${CLR}"`);
    await page.locator("dialog >> text=The objects a .NET program makes").click();
    await page.locator("dialog button >> text=Launch").last().click();
    await page.locator(".tracing").waitFor();
    await expect.poll(async () => (await server.call<{ totalBytes: number }[]>("/api/sessions/1/traces"))[0]?.totalBytes ?? 0, { timeout: 20_000 }).toBeGreaterThan(10 << 20);
    await page.locator(".tracing >> text=Stop").click();
    await page.locator(".tracing").waitFor({ state: "detached" });
    await expect.poll(() => page.locator(".trace-bar .hint").textContent()).toMatch(/^made [\d.]+ MiB in [\d,]+ objects · what is live is not told/);
    await page.locator(".trace-bar button >> text=Expand all").click();
    await page.locator(".frame-table .row[id]", { hasText: "ClrTarget.Program.MakeEveryGeneration" }).waitFor();
    const titles = await page.locator(".frame-table .title").evaluateAll((all) => all.map((title) => (title as HTMLElement).dataset["key"]));
    expect(titles).toEqual(["label", "share", "totalBytes", "totalCount", "module"]);
    expect(await axe(page)).toEqual([]);
    await screenshot(page, "managed-tree-1280-light");
    await page.keyboard.press("Alt+G");
    await expect.poll(() => page.locator(".flame-told").textContent()).toMatch(/^all: [\d.]+ MiB, 100 %$/);
    await screenshot(page, "managed-flame-1280-light");
    await page.keyboard.press("Alt+K");
    await page.locator(".frame-table >> text=the view Managed counts those that live").waitFor();
    await page.keyboard.press("Alt+Y");
    await page.locator('.frame-table .row[aria-rowindex="3"]').click();
    await page.locator(".stack .function >> text=/^new /").waitFor();
    await expect.poll(() => page.locator(".frame-table .row[id] >> text=collector").count()).toBe(0);
    await screenshot(page, "managed-events-1280-light");

    const target = await Target.run(CLR!, "alloc");
    closing.push(() => target.stop());
    const open = await serve(String(target.pid));
    await open.page.locator(".row[id]").first().waitFor();
    await open.page.keyboard.press("Alt+A");
    await open.page.locator("dialog >> text=The objects it makes").waitFor();
    expect(await open.page.locator('dialog input[value="managed"]').isChecked()).toBe(true);
    expect(await axe(open.page)).toEqual([]);
    await screenshot(open.page, "managed-attach-1280-light");
    await open.page.locator("dialog >> text=Start the trace").click();
    await open.page.locator(".tracing").waitFor();
    await expect.poll(async () => (await open.server.call<{ totalBytes: number }[]>("/api/sessions/1/traces"))[0]?.totalBytes ?? 0, { timeout: 20_000 }).toBeGreaterThan(1 << 20);
    await open.page.locator(".tracing >> text=Stop").click();
    await open.page.locator(".tracing").waitFor({ state: "detached" });
    await open.page.locator(".trace-bar button >> text=Expand all").click();
    await open.page.locator(".frame-table .row[id] >> text=/AllocateAtFullSpeed/").first().waitFor();
    expect([...complaints, ...open.complaints]).toEqual([]);
  });

  it("shows the trace of a file, and of a file that was made by the command line", async () => {
    const saved = join(folder.path, "run.vmatlas");
    run("trace", "-o", saved, "--", LEDGER!, "1500");
    const { page, complaints } = await serve(saved);
    await page.locator(".dock-tabs >> text=Call Tree").click();
    await open(page, "keep_small");
    expect(await cellOf(page, "keep_small", "liveBytes")).toBe("62 K");
    await page.selectOption('[aria-label="Which way the tree grows"]', "bottom-up");
    await page.locator('.frame-table .row[aria-level="2"] >> text=keep_large').waitFor();
    await page.selectOption('[aria-label="Which way the tree grows"]', "module");
    await page.locator(".frame-table .row >> text=trace_ledger").first().waitFor();
    await page.selectOption('[aria-label="Which way the tree grows"]', "thread");
    await page.locator(".frame-table .row >> text=/trace_ledger \\(\\d+\\)/").first().waitFor();
    await page.selectOption('[aria-label="Which way the tree grows"]', "top-down");
    // The tree before stays until the next is there, and a search in it would be lost.
    await expect.poll(() => page.locator(".frame-table .row >> text=/trace_ledger \\(\\d+\\)/").count()).toBe(0);
    await page.locator('.trace-bar input[type="text"]').fill("leak_one");
    await page.keyboard.press("Enter");
    await page.locator(".frame-table .row.cursor >> text=leak_one").waitFor();
    await page.locator(".frame-table").focus();
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("ArrowLeft");
    await expect.poll(() => page.locator(".frame-table .row[id] >> text=leak_one").count()).toBe(0);
    expect(await page.locator(".tracing").count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  it.skipIf(!existsSync("/usr/bin/objcopy"))("finds names that the trace lacks once their folder is in the dialog", async () => {
    const at = (name: string): string => join(folder.path, name);
    const tool = (command: string, ...args: string[]): string => execFileSync(command, args, { encoding: "utf8" });
    writeFileSync(
      at("hidden.c"),
      "#include <stdlib.h>\nstatic void *volatile kept;\nstatic __attribute__((noinline)) void hidden_maker(unsigned n) { kept = calloc(1, n); }\nint main(void) { hidden_maker(4321); return 0; }\n",
    );
    tool("gcc", "-g", "-O1", "-fno-builtin", "-Wl,--build-id=sha1", "-o", at("hidden"), at("hidden.c"));
    const id = /Build ID: ([0-9a-f]+)/.exec(tool("readelf", "-n", at("hidden")))![1]!;
    const debug = join(folder.path, "symbols/.build-id", id.slice(0, 2));
    mkdirSync(debug, { recursive: true });
    tool("objcopy", "--only-keep-debug", at("hidden"), join(debug, `${id.slice(2)}.debug`));
    tool("strip", "--strip-all", at("hidden"));
    run("trace", "-o", at("hidden.vmatlas"), "--", at("hidden"));
    const { page, complaints } = await serve(at("hidden.vmatlas"));
    await page.locator(".dock-tabs >> text=Live Allocations").click();
    await page.locator('.frame-table .row[aria-rowindex="1"]').click();
    await page.locator(".stack .function").first().waitFor();
    expect(await page.locator(".frame-table >> text=hidden_maker").count()).toBe(0);
    await page.locator(".menu >> text=Options").click();
    await page.locator(".items >> text=Symbol Folders…").click();
    await page.fill('dialog textarea[name="folders"]', at("symbols"));
    await page.locator("dialog button >> text=Keep in").click();
    await page.locator("dialog >> text=Kept.").waitFor();
    await page.keyboard.press("Escape");
    await page.locator(".frame-table .row[id] >> text=hidden_maker").waitFor();
    await page.locator('.frame-table .row[aria-rowindex="1"]').click();
    await page.locator(".stack .function >> text=hidden_maker").waitFor();
    await screenshot(page, "late-names-1280-light");
    expect(complaints).toEqual([]);
  });

  it("is in a report, with trees, blocks and stacks, and without a server", async () => {
    const [saved, report] = [join(folder.path, "reported.vmatlas"), join(folder.path, "reported.html")];
    run("trace", "-o", saved, "--", LEDGER!, "1500");
    run("export", saved, "-o", report);
    const { page, complaints } = await openPage(browser, `file://${report}`);
    closing.unshift(() => page.context().close());
    await page.locator(".row[id]").first().waitFor();
    expect(await page.locator(".dock-tabs button").allTextContents()).toEqual(["Timeline", "Changes", "Fragmentation", "Call Tree", "Flame Graph", "Live Allocations", "Growth", "Why"]);
    await page.locator(".dock-tabs >> text=Call Tree").click();
    await open(page, "keep_small");
    expect(await cellOf(page, "keep_small", "liveBytes")).toBe("62 K");
    await page.selectOption('[aria-label="Which way the tree grows"]', "bottom-up");
    await page.locator('.frame-table .row[aria-level="2"] >> text=keep_large').waitFor();
    await page.locator(".dock-tabs >> text=Flame Graph").click();
    await expect.poll(() => page.locator(".flame-told").textContent()).toMatch(/^all: 1\.\d+ MiB, 100 %$/);
    await page.locator(".dock-tabs >> text=Live Allocations").click();
    await expect.poll(() => page.locator(".trace-bar b").textContent()).toMatch(/^1,\d+ blocks, 1\.\d+ MiB in all$/);
    await page.locator('.frame-table .title[data-key="size"] button').click();
    await page.locator('.frame-table .row[aria-rowindex="1"]').click();
    await page.locator(".stack .function >> text=keep_large").waitFor();
    await page.locator(".row.type-3[id]").first().click({ position: { x: 300, y: 5 } });
    await expect.poll(() => page.locator(".trace-bar b").textContent()).toMatch(/ at 0{4}/);
    await page.locator(".dock-tabs >> text=Growth").click();
    await page.locator('.frame-table .row[id] >> text=leak_one').first().waitFor();
    expect(await axe(page)).toEqual([]);
    await screenshot(page, "report-growth-1280-light");
    expect(complaints).toEqual([]);
  });

  it("shows names that want to be markup as text", async () => {
    const [saved, program] = [join(folder.path, "hostile.vmatlas"), join(folder.path, "<img src=x>")];
    copyFileSync(LEDGER!, program);
    run("trace", "-o", saved, "--", program, "1500");
    const { page, complaints } = await serve(saved);
    await page.locator(".dock-tabs >> text=Call Tree").click();
    await page.selectOption('[aria-label="Which way the tree grows"]', "thread");
    await page.locator(".frame-table .row[id]", { hasText: "<img src=x>" }).first().waitFor();
    await page.locator(".dock-tabs >> text=Live Allocations").click();
    await page.locator(".frame-table .row[id]", { hasText: "<img src=x>" }).first().waitFor();
    await page.locator(".dock-tabs >> text=Flame Graph").click();
    await page.selectOption('[aria-label="Which way the tree grows"]', "thread");
    await expect.poll(() => page.locator(".flame-told").textContent()).toMatch(/^all: /);
    expect(await page.locator("img").count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  it("says why a program can not be traced", async () => {
    const { page } = await serve();
    await page.locator("dialog >> text=Launch a program").click();
    await page.fill('dialog input[name="program"]', "no-such-program");
    await page.locator("dialog >> text=Every operation").click();
    await page.locator("dialog button >> text=Launch").last().click();
    await expect.poll(() => page.locator("dialog [role=alert]").textContent()).toContain("no-such-program");
  });
});

/** Waits until a function is in the tree, and opens whatever is above it. */
async function open(page: Page, name: string, again?: string): Promise<void> {
  await expect
    .poll(
      async () => {
        if (again !== undefined) await page.locator(`.trace-bar >> text=${again}`).click();
        await page.locator(".trace-bar button >> text=Expand all").click();
        return page.locator(".frame-table .row[id]", { hasText: name }).count();
      },
      { timeout: 20_000, interval: 500 },
    )
    .toBe(1);
}

/** The cell of a column in the row that names a function. */
async function cellOf(page: Page, name: string, key: string): Promise<string> {
  const titles = await page.locator(".frame-table .title").evaluateAll((all) => all.map((title) => (title as HTMLElement).dataset["key"]));
  return (await page.locator(".frame-table .row[id]", { hasText: name }).locator(".cell").nth(titles.indexOf(key)).textContent()) ?? "";
}
