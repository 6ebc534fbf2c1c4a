/** What tests look at in the page. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";

const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

interface AxeResult {
  readonly violations: readonly { readonly id: string; readonly nodes: readonly { readonly html: string }[] }[];
}

/** What a checker of accessibility finds wrong. */
export async function axe(page: Page): Promise<string[]> {
  // As text in an evaluation, not as a script element: the page's policy refuses those, as it should.
  await page.evaluate(readFileSync(AXE, "utf8") + ";0");
  const result = (await page.evaluate("axe.run(document, { resultTypes: ['violations'] })")) as AxeResult;
  return result.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).slice(0, 3).join(" ")}`);
}

/** Texts of a column of the rows on screen, from top to bottom. */
export async function column(page: Page, key: string): Promise<string[]> {
  const titles = await page.locator(".title").evaluateAll((all) => all.map((t) => (t as HTMLElement).dataset["key"]));
  const at = titles.indexOf(key);
  return page.locator(".row[id]").evaluateAll(
    (rows, i) => rows.sort((a, b) => Number(a.getAttribute("aria-rowindex")) - Number(b.getAttribute("aria-rowindex"))).map((row) => row.children[i]?.textContent ?? ""),
    at,
  );
}

export const kib = (text: string): number => Number(text.replaceAll(/[, K]/g, "") || 0);

/** A picture that is drawn the same a moment later: what moves it has ended. */
export async function settled(picture: () => Promise<string>): Promise<string> {
  for (let last = await picture(); ; ) {
    await new Promise((resolve) => setTimeout(resolve, 150));
    const now = await picture();
    if (now === last) return now;
    last = now;
  }
}
