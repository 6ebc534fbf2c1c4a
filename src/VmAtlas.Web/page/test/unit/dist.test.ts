import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, expect, it } from "vitest";

const PAGE = resolve(import.meta.dirname, "../..");
const DIST = join(PAGE, "dist");
const fresh = mkdtempSync(join(tmpdir(), "vmatlas-dist-"));

afterAll(() => rmSync(fresh, { recursive: true, force: true }));

it("is built from these very sources", () => {
  // A process of its own: a build within a test is one for development.
  const { NODE_ENV: _, ...env } = process.env;
  execFileSync(process.execPath, [join(PAGE, "node_modules/vite/bin/vite.js"), "build", "--outDir", fresh, "--emptyOutDir", "--logLevel", "error"], { cwd: PAGE, env });
  expect(readdirSync(fresh).sort()).toEqual(readdirSync(DIST).sort());
  for (const name of readdirSync(fresh)) {
    expect(readFileSync(join(fresh, name)).equals(readFileSync(join(DIST, name))), `dist/${name} is of other sources: npm run build, and commit dist`).toBe(true);
  }
}, 60_000);

it("weighs at most 100 KB as it is sent", () => {
  const bytes = readdirSync(DIST)
    .filter((name) => name.endsWith(".br"))
    .reduce((sum, name) => sum + statSync(join(DIST, name)).size, 0);
  expect(bytes).toBeGreaterThan(10_000);
  expect(bytes).toBeLessThanOrEqual(100_000);
});
