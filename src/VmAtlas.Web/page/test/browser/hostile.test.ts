import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launch, openPage, Server, temporaryFolder, whyNot } from "./harness";

const NASTY = `/tmp/</script><script>window.hacked=1</script><img src=x onerror=hacked=1>\u001b[2J\u202e`;

/** VMMap's csv with names that want to be markup, and as many rows as wanted. */
function csv(rows: number): string {
  const quoted = NASTY.replaceAll('"', '""');
  const lines = [
    `"Process:","${quoted}"`, `"PID:","4711"`, "",
    `"Type","Size","Committed","Private","Total WS","Private WS","Shareable WS","Shared WS","Locked WS","Blocks","Largest",`,
    `"Total","${rows * 4}","${rows * 4}","${rows * 4}","4","4","","","","${rows}",""`, "",
    `"Address","Type","Size","Committed","Private","Total WS","Private WS","Shareable WS","Shared WS","Locked WS","Blocks","Protection","Details",`,
  ];
  for (let i = 0; i < rows; i++) {
    const address = (0x10000000 + i * 8192).toString(16).toUpperCase().padStart(16, "0");
    lines.push(`"${address}","Private Data","4","4","${i % 7 === 0 ? "" : "4"}","4","4","","","","1","Read/Write","${i === 0 ? quoted : `row ${(i * 7919) % rows}`}"`);
    lines.push(`"  ${address}","Private Data","4","4","${i % 7 === 0 ? "" : "4"}","4","4","","","","","Read/Write",""`);
  }
  return lines.join("\n") + "\n";
}

describe.skipIf(whyNot !== undefined)(`files from strangers (${whyNot ?? "Chromium"})`, () => {
  let browser: Browser;
  const folder = temporaryFolder();

  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(async () => {
    await browser.close();
    folder.remove();
  });

  it("shows names that want to be markup as text, also in a report", async () => {
    const [file, report] = [join(folder.path, "nasty.csv"), join(folder.path, "nasty.html")];
    writeFileSync(file, csv(3));
    const server = await Server.start(file);
    await server.call("/api/sessions/1/save", { path: report, index: null });
    for (const url of [server.url, `file://${report}`]) {
      const { page, complaints } = await openPage(browser, url);
      await page.locator(".row[id]").first().waitFor();
      expect(await page.locator(".row[id]").first().textContent()).toContain("<script>window.hacked=1</script>");
      expect(await page.evaluate("window.hacked")).toBeUndefined();
      expect(await page.locator("#app script, #app img").count()).toBe(0);
      expect(complaints).toEqual([]);
      await page.context().close();
    }
    await server.stop();
  });

  it("stays usable with 500,000 rows", async () => {
    const file = join(folder.path, "large.csv");
    writeFileSync(file, csv(500_000));
    const server = await Server.start(file);
    const { page, complaints } = await openPage(browser, server.url);
    await page.locator(".row[id]").first().waitFor();
    expect(await page.locator(".shown").textContent()).toBe("500,000 rows");
    expect(await page.locator(".row").count()).toBeLessThan(120);
    await page.locator('.title[data-key="details"] button').click();
    await expect.poll(() => page.locator('.row[aria-rowindex="2"]').textContent()).toContain("row 1");
    await page.locator(".tree").press("End");
    await page.locator('.row[aria-rowindex="500000"]').waitFor();
    await page.fill("#filter", 'details = "row 123"');
    await expect.poll(() => page.locator(".shown").textContent()).toBe("1 row");
    expect(complaints).toEqual([]);
    await page.context().close();
    await server.stop();
  });
});
