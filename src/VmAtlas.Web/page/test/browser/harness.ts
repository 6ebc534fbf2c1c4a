/** The real command, real targets, and Debian's Chromium. */
import { execFileSync, spawn, type ChildProcess, type SpawnOptions } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { chromium, type Browser, type Page } from "playwright-core";

const ROOT = resolve(import.meta.dirname, "../../../../..");
export const SCREENS = join(ROOT, "artifacts/screens");

const COMMANDS = [process.env["VMATLAS_COMMAND"], join(ROOT, "artifacts/bin/VmAtlas.Cli/debug/vmatlas")];
export const COMMAND = COMMANDS.find((path) => path !== undefined && existsSync(path));
export const CHROMIUM = [process.env["CHROMIUM"], "/usr/bin/chromium", "/usr/bin/chromium-browser"].find((path) => path !== undefined && existsSync(path));

/** Why browser tests can not run here; undefined when they can. */
export const whyNot = CHROMIUM === undefined ? "there is no Chromium here: apt-get install chromium" : COMMAND === undefined ? "the command is not built: dotnet build src/VmAtlas.Cli" : undefined;

/** What a program prints, line by line, for as long as it runs. */
class Lines {
  readonly #lines: AsyncIterator<string>;

  constructor(child: ChildProcess) {
    this.#lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  }

  /** The next line that fits. */
  async next(fits: (line: string) => boolean): Promise<string> {
    for (;;) {
      const { value, done } = await this.#lines.next();
      if (done === true) throw new Error("the program ended before it said what was waited for");
      if (fits(value)) return value;
    }
  }
}

export class Server {
  readonly url: string;
  readonly #child: ChildProcess;
  readonly #settings: Folder;

  private constructor(child: ChildProcess, url: string, settings: Folder) {
    [this.#child, this.url, this.#settings] = [child, url, settings];
  }

  static start(...targets: string[]): Promise<Server> {
    return Server.startWith({}, ...targets);
  }

  /** With settings of its own, unless a folder for them is given, and as another user where one is asked for. */
  static async startWith({ settings, user }: { settings?: string; user?: number }, ...targets: string[]): Promise<Server> {
    const own = temporaryFolder();
    const options: SpawnOptions = {
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, XDG_CONFIG_HOME: settings ?? own.path },
      ...(user !== undefined && { uid: user, gid: user, cwd: "/" }),
    };
    const child = spawn(COMMAND!, ["open", "--no-browser", "--json", ...targets], options);
    const { url } = JSON.parse(await new Lines(child).next((line) => line.startsWith("{"))) as { url: string };
    return new Server(child, url, own);
  }

  /** The same call that the page makes. */
  async call<T>(path: string, body?: unknown): Promise<T> {
    const token = this.url.split("#token=")[1]!;
    const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/json" };
    const init: RequestInit = body === undefined ? { headers } : { headers, method: "POST", body: JSON.stringify(body) };
    return (await (await fetch(new URL(path, this.url), init)).json()) as T;
  }

  async stop(): Promise<void> {
    await ended(this.#child, "SIGINT");
    this.#settings.remove();
  }
}

/** A program that knows what it does to its memory: it grows by 24 MiB at each line it reads. */
export class Target {
  readonly pid: number;
  readonly #child: ChildProcess;
  readonly #lines: Lines;

  private constructor(child: ChildProcess, lines: Lines) {
    this.#child = child;
    this.#lines = lines;
    this.pid = child.pid!;
  }

  /** Another program than Python's, that says "ready" and reads lines. */
  static async run(command: string, ...args: string[]): Promise<Target> {
    const child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
    const lines = new Lines(child);
    await lines.next((line) => line === "ready");
    return new Target(child, lines);
  }

  static async start(): Promise<Target> {
    const program = `
import sys, mmap
kept = ["needle in the haystack 4711"] + [bytearray(b"x" * 4096) for _ in range(100)]
private = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
secret = mmap.mmap(-1, 1 << 20); secret.write(b"a string to be found: needle-4711\\0")
print("ready", flush=True)
for line in sys.stdin:
    m = mmap.mmap(-1, 24 << 20, private)
    for at in range(0, len(m), 4096): m[at] = 1
    kept.append(m); print("grown", flush=True)
`;
    const child = spawn("python3", ["-c", program], { stdio: ["pipe", "pipe", "inherit"] });
    const lines = new Lines(child);
    await lines.next((line) => line === "ready");
    return new Target(child, lines);
  }

  grow(): Promise<string> {
    return this.say("", "grown");
  }

  /** Sends a line and waits for an answer. */
  say(line: string, answer: string): Promise<string> {
    this.#child.stdin!.write(`${line}\n`);
    return this.#lines.next((text) => text === answer);
  }

  stop(): Promise<void> {
    return ended(this.#child, "SIGKILL");
  }
}

function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  return new Promise((done) => {
    if (child.exitCode !== null || child.signalCode !== null) return done();
    child.once("exit", () => done());
    child.kill(signal);
  });
}

/** Runs the command to its end and returns what it printed. */
export function run(...args: string[]): string {
  return execFileSync(COMMAND!, args, { encoding: "utf8" });
}

/** A target program of the repository; undefined where it is not built. */
export function built(path: string): string | undefined {
  const full = join(ROOT, "artifacts", path);
  return existsSync(full) ? full : undefined;
}

export function launch(): Promise<Browser> {
  // Chromium's own sandbox can not be set up as root; what is shown is our own page.
  return chromium.launch({ executablePath: CHROMIUM!, args: process.getuid?.() === 0 ? ["--no-sandbox"] : [] });
}

export interface OpenPage {
  readonly page: Page;
  /** What the page complained of: errors of scripts, violations of the policy, failed calls. */
  readonly complaints: string[];
}

export async function openPage(browser: Browser, url: string, size = { width: 1280, height: 800 }, dark = false): Promise<OpenPage> {
  const context = await browser.newContext({ viewport: size, colorScheme: dark ? "dark" : "light", reducedMotion: "reduce", acceptDownloads: true });
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  page.setDefaultTimeout(20_000);
  await page.goto(url);
  return { page, complaints };
}

export async function screenshot(page: Page, name: string): Promise<void> {
  mkdirSync(SCREENS, { recursive: true });
  await page.screenshot({ path: join(SCREENS, `${name}.png`) });
}

export interface Folder {
  readonly path: string;
  remove(): void;
}

/** A folder that is gone after the tests. */
export function temporaryFolder(): Folder {
  const path = mkdtempSync(join(tmpdir(), "vmatlas-page-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
