// See run. Each figure is what a person waits for: from the act to the picture, unless its name says otherwise.
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { cpus, release, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";

const ROOT = resolve(import.meta.dirname, "../..");
const PAGE = join(ROOT, "src/VmAtlas.Web/page");
const COMMAND = join(ROOT, "artifacts/vmatlas/vmatlas");
const { chromium } = createRequire(join(PAGE, "package.json"))("playwright-core");
const ROUNDS = Number(process.argv[2] ?? 7);
const PART = process.argv[3];
const [REGIONS, BLOCKS] = [50_000, 9];
const FRAMES = 240;
/** A frame that came later than this was missed: at 60 a second they are 16.7 ms apart. */
const LATE_MS = 20;

const folder = mkdtempSync(join(tmpdir(), "vmatlas-bench-"));
const rows = [];
const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];
const add = (name, values, limit, unit) => rows.push({ name, value: median(values), least: Math.min(...values), most: Math.max(...values), limit, unit });

const repeat = async (work) => {
  const values = [];
  for (let i = 0; i < ROUNDS; i++) values.push(await work(i));
  return values;
};

/** VMMap's csv of 50,000 regions of nine blocks, with 11,000 different texts: half a million rows. */
function largeCsv() {
  const quote = (cells) => cells.map((cell) => `"${cell}"`).join(",");
  const measures = (size, i) => [size, size, size, i % 7 === 0 ? "" : size, size, "", "", ""];
  const all = (REGIONS * BLOCKS * 4).toString();
  const lines = [
    `"Process:","large"`, `"PID:","4711"`, "",
    `"Type","Size","Committed","Private","Total WS","Private WS","Shareable WS","Shared WS","Locked WS","Blocks","Largest",`,
    `"Total","${all}","${all}","${all}","${all}","${all}","","","","${REGIONS * BLOCKS}","",`, "",
    `"Address","Type","Size","Committed","Private","Total WS","Private WS","Shareable WS","Shared WS","Locked WS","Blocks","Protection","Details",`,
  ];
  for (let i = 0; i < REGIONS; i++) {
    const start = 0x10000000 + i * 0x20000;
    const type = ["Private Data", "Mapped File", "Heap", "Stack"][i % 4];
    lines.push(quote([start.toString(16).padStart(16, "0"), type, ...measures(BLOCKS * 4, i), BLOCKS, "Read/Write", `text ${(i * 7919) % 11000}`]));
    for (let b = 0; b < BLOCKS; b++) lines.push(quote([`  ${(start + b * 4096).toString(16).padStart(16, "0")}`, type, ...measures(4, i + b), "", b % 2 === 0 ? "Read" : "Read/Write", ""]));
  }
  return lines.join("\n") + "\n";
}

async function lineOf(child, fits) {
  for await (const line of createInterface({ input: child.stdout })) if (fits(line)) return line;
  throw new Error("a program ended before it said what was waited for");
}

async function serve(...targets) {
  const start = performance.now();
  const child = spawn(COMMAND, ["open", "--no-browser", "--json", ...targets], { stdio: ["ignore", "pipe", "inherit"], env: { ...process.env, XDG_CONFIG_HOME: folder } });
  const { url } = JSON.parse(await lineOf(child, (line) => line.startsWith("{")));
  return { url, pid: child.pid, took: performance.now() - start, stop: () => new Promise((done) => (child.once("exit", done), child.kill("SIGINT"))) };
}

add("from the start of `vmatlas open` to listening", await repeat(async () => {
  const server = await serve();
  await server.stop();
  return server.took;
}), 300, "ms");
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: process.getuid() === 0 ? ["--no-sandbox"] : [] });

/** In the page: when the first row was on screen, and the time from an act to the picture after it. */
function instrument() {
  const seen = new MutationObserver(() => {
    if (document.querySelector(".row[id]") === null) return;
    seen.disconnect();
    requestAnimationFrame(() => setTimeout(() => (globalThis.firstRows = performance.now())));
  });
  seen.observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ["id"] });
  globalThis.toPicture = (act) =>
    new Promise((done) => {
      const start = performance.now();
      act();
      // The work of a frame is over when the task after it runs.
      requestAnimationFrame(() => setTimeout(() => done(performance.now() - start)));
    });
  globalThis.frames = async (count, act) => {
    const times = [];
    await new Promise((done) => {
      const frame = (at) => {
        times.push(at);
        if (times.length > count) return done();
        act(times.length);
        requestAnimationFrame(frame);
      };
      requestAnimationFrame(frame);
    });
    return times.slice(1).map((at, i) => at - times[i]);
  };
  globalThis.lastMeasure = (name) => performance.getEntriesByName(name, "measure").at(-1)?.duration;
}

/** Asked from here: the page's policy lets nothing in it be evaluated again and again. */
async function until(page, holds, argument) {
  const end = performance.now() + 60_000;
  while (!(await page.evaluate(holds, argument))) {
    if (performance.now() > end) throw new Error(`${holds} was not so in a minute`);
    await new Promise((done) => setTimeout(done, 50));
  }
}

async function visit(url) {
  const context = await browser.newContext({ viewport: { width: 1600, height: 900 } });
  await context.addInitScript(instrument);
  const page = await context.newPage();
  await page.goto(url);
  await until(page, () => globalThis.firstRows !== undefined);
  return page;
}

async function firstRows(url) {
  const page = await visit(url);
  const at = await page.evaluate(() => globalThis.firstRows);
  await page.context().close();
  return at;
}

const late = (deltas) => (deltas.filter((ms) => ms > LATE_MS).length / deltas.length) * 100;

async function large() {
  const file = join(folder, "large.csv");
  writeFileSync(file, largeCsv());
  const server = await serve(file);
  await firstRows(server.url); // the first call loads what the server keeps
  add("first rows of 500,000 on screen after navigation", await repeat(() => firstRows(server.url)), 1000, "ms");
  const page = await visit(server.url);
  await page.click("text=Expand all");
  await until(page, (n) => document.querySelector(".shown")?.textContent.startsWith(n), (REGIONS * (BLOCKS + 1)).toLocaleString("en-US"));

  for (const [key, what] of [["size", "a size"], ["details", "a text"]])
    add(`sort 500,000 by ${what}, click to picture`, await repeat(() => page.evaluate((k) => toPicture(() => document.querySelector(`.title[data-key="${k}"] button`).click()), key)), 100, "ms");
  add("sort 500,000, the work itself", await repeat(() => page.evaluate(async () => {
    await toPicture(() => document.querySelector('.title[data-key="totalWs"] button').click());
    return lastMeasure("sort");
  })), 100, "ms");
  add("filter 500,000 by type, the work itself", await repeat(() => page.evaluate(async () => {
    await toPicture(() => document.querySelector(".summary tr.type-3 button").click());
    const took = lastMeasure("filter");
    await toPicture(() => document.querySelector(".summary tr.total button").click());
    return took;
  })), 30, "ms");
  add("filter 500,000 by expression, the page's work", await expression(page, "filter"), 30, "ms");
  add("filter 500,000 by expression, with the server's answer", await expression(page, "filter-asked"), undefined, "ms");

  await page.evaluate(() => document.querySelector('.title[data-key="address"] button').click());
  add("wheel, late frames", await repeat(() => page.evaluate(async (n) => {
    const tree = document.querySelector(".details");
    tree.scrollTop = 0;
    return frames(n, () => tree.scrollBy(0, 317));
  }, FRAMES).then(late)), 5, "%");

  add("map of 500,000, first draw", await repeat(() => page.evaluate(async () => {
    const tab = [...document.querySelectorAll(".dock-tabs button")].find((b) => b.textContent === "Fragmentation");
    performance.clearMeasures();
    await toPicture(() => tab.click());
    await toPicture(() => undefined);
    const took = lastMeasure("map-source") + performance.getEntriesByName("cells")[0].duration;
    await toPicture(() => tab.click());
    return took;
  })), 50, "ms");
  await page.click(".dock-tabs >> text=Fragmentation");
  const zooms = await repeat(() => page.evaluate(async (n) => {
    const canvas = document.querySelector("canvas.cells");
    const { left, top, width, height } = canvas.getBoundingClientRect();
    return frames(n, (i) => canvas.dispatchEvent(new WheelEvent("wheel", { deltaY: i % 60 < 30 ? -100 : 100, clientX: left + width / 2, clientY: top + height / 2, cancelable: true })));
  }, FRAMES));
  add("map zoom, one frame (60 a second)", zooms.map(median), 16.8, "ms");
  add("map zoom, late frames", zooms.map(late), 5, "%");
  await page.context().close();
  await server.stop();
}

/** Filters by an expression and back; the last measure of that name. */
function expression(page, name) {
  return repeat((i) => page.evaluate(async ([text, measure]) => {
    const input = document.querySelector("#filter");
    const type = async (value) => {
      performance.clearMeasures("filter-asked");
      input.value = value;
      input.dispatchEvent(new InputEvent("input", { bubbles: true }));
      while (performance.getEntriesByName("filter-asked").length === 0) await new Promise((done) => setTimeout(done, 20));
    };
    await type(text);
    const took = lastMeasure(measure);
    await type("");
    return took;
  }, [`details ~ ${1 + (i % 9)} and size > 0`, name]));
}

/** Clock ticks of a process and its threads, ms. */
function cpuOf(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

async function ordinary() {
  const program = "import json, http.server, asyncio, sys\nkept=[bytes(3000) for _ in range(5000)]\nprint('ready', flush=True)\nsys.stdin.read()";
  const target = spawn("python3", ["-c", program], { stdio: ["pipe", "pipe", "inherit"] });
  await lineOf(target, (line) => line === "ready");
  add("the same with a process to open", await repeat(async () => {
    const server = await serve(String(target.pid));
    await server.stop();
    return server.took;
  }), undefined, "ms");
  const server = await serve(String(target.pid));
  await firstRows(server.url);
  add("first rows of an ordinary process on screen", await repeat(() => firstRows(server.url)), 300, "ms");

  const page = await visit(server.url);
  await page.click(".dock-tabs >> text=Timeline");
  const devtools = await page.context().newCDPSession(page);
  // Time of the processor, not of the clock: the cost is the page's own work.
  await devtools.send("Performance.enable", { timeDomain: "threadTicks" });
  const busy = async () => (await devtools.send("Performance.getMetrics")).metrics.find((m) => m.name === "TaskDuration").value * 1000;
  const over = async (ms, measure) => {
    const before = await measure();
    await new Promise((done) => setTimeout(done, ms));
    return (await measure()) - before;
  };
  const idle = await over(3000, busy);
  await page.selectOption(".live select", "1");
  await new Promise((done) => setTimeout(done, 5000)); // warm
  const snapshots = () => page.evaluate(() => Number(/of (\d+)/.exec(document.querySelector(".status").textContent)[1]));
  const [costs, servers] = [[], []];
  for (let i = 0; i < ROUNDS; i++) {
    const [first, cpu] = [await snapshots(), cpuOf(server.pid)];
    const spent = await over(3000, busy);
    const taken = Math.max(1, (await snapshots()) - first);
    costs.push((spent - idle) / taken);
    servers.push((cpuOf(server.pid) - cpu) / taken);
  }
  add("automatic refresh of an ordinary process, main thread of the page", costs, 10, "ms");
  add("the same, CPU of the server", servers, undefined, "ms");
  await page.context().close();
  await server.stop();
  target.stdin.end();
}

const sent = readdirSync(join(PAGE, "dist")).filter((name) => name.endsWith(".br")).reduce((sum, name) => sum + statSync(join(PAGE, "dist", name)).size, 0);
try {
  if (PART !== "large") await ordinary();
  if (PART !== "ordinary") await large();
  add("the page as it is sent (Brotli)", [sent / 1000], 100, "KB");
} finally {
  await browser.close();
  rmSync(folder, { recursive: true, force: true });
}

console.log(`${new Date().toISOString().slice(0, 10)}, Linux ${release()}, ${cpus().length} cores, Chromium ${browser.version()} without a graphics card, 1600 × 900, median of ${ROUNDS}\n`);
console.log("| what | median | least – most | may be | share |\n| --- | ---: | ---: | ---: | ---: |");
for (const { name, value, least, most, limit, unit } of rows) {
  const digits = (x) => x.toFixed(x < 10 ? 1 : 0);
  console.log(`| ${name} | ${digits(value)} ${unit} | ${digits(least)} – ${digits(most)} | ${limit === undefined ? "" : `${limit} ${unit}`} | ${limit === undefined ? "" : (value / limit).toFixed(2)} |`);
}
process.exit(rows.some(({ value, limit }) => limit !== undefined && value > limit) ? 1 : 0);
