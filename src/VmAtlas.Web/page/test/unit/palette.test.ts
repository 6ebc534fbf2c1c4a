import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const css = readFileSync(new URL("../../src/style/theme.css", import.meta.url), "utf8");

/** The custom properties of a theme, those of :root beneath. */
function theme(selector: string): Map<string, string> {
  const colours = new Map<string, string>();
  for (const part of [":root", selector]) {
    const body = css.slice(css.indexOf(`\n${part} {`) < 0 ? css.indexOf(`${part} {`) : css.indexOf(`\n${part} {`));
    for (const [, name, value] of body.slice(0, body.indexOf("}")).matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)) colours.set(name!, value!);
  }
  return colours;
}

const LIGHT = theme(":root");
const DARK = theme(':root[data-theme="dark"]');
const VMMAP = theme(':root[data-theme="vmmap"]');

type Rgb = readonly [number, number, number];

function linear(hex: string): Rgb {
  const channel = (at: number): number => {
    const c = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  };
  return [channel(1), channel(3), channel(5)];
}

/** WCAG 2 contrast ratio. */
function contrast(a: string, b: string): number {
  const luminance = ([r, g, bl]: Rgb): number => 0.2126 * r + 0.7152 * g + 0.0722 * bl;
  const [x, y] = [luminance(linear(a)), luminance(linear(b))];
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
}

/** Machado, Oliveira and Fernandes 2009, full severity. */
const VISIONS: Readonly<Record<string, readonly (readonly number[])[]>> = {
  normal: [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
  protan: [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
  deutan: [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
  tritan: [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
};

function oklab([r, g, b]: Rgb): Rgb {
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

/** 100 times the distance in OKLab as somebody with that vision sees it. About 2 is just visible. */
function distance(a: string, b: string, vision: string): number {
  const seen = (hex: string): Rgb => {
    const rgb = linear(hex);
    const [r, g, bl] = VISIONS[vision]!.map((row) => Math.min(1, Math.max(0, row[0]! * rgb[0] + row[1]! * rgb[1] + row[2]! * rgb[2])));
    return oklab([r!, g!, bl!]);
  };
  const [x, y] = [seen(a), seen(b)];
  return 100 * Math.hypot(x[0] - y[0], x[1] - y[1], x[2] - y[2]);
}

const TYPES = [0, 1, 2, 3, 4, 5, 6, 7, 8];

describe.each([
  ["light", LIGHT],
  ["dark", DARK],
])("the %s theme", (_, colours) => {
  it("has marks of at least 3 : 1 on the background", () => {
    for (const type of TYPES) expect(contrast(colours.get(`mark-${type}`)!, colours.get("bg")!), `mark ${type}`).toBeGreaterThanOrEqual(3);
  });

  it("has text on marks of at least 4.5 : 1", () => {
    for (const type of TYPES) expect(contrast(colours.get(`mark-${type}`)!, colours.get(`on-${type}`)!), `mark ${type}`).toBeGreaterThanOrEqual(4.5);
  });

  it("has marks that every vision tells apart", () => {
    for (const vision of Object.keys(VISIONS))
      for (const a of TYPES)
        for (const b of TYPES.filter((t) => t > a))
          expect(distance(colours.get(`mark-${a}`)!, colours.get(`mark-${b}`)!, vision), `${a} and ${b}, ${vision}`).toBeGreaterThanOrEqual(8);
  });
});

describe.each([
  ["light", LIGHT],
  ["dark", DARK],
  ["VMMap", VMMAP],
])("text of the %s theme", (_, colours) => {
  it("is readable on rows, panels and selections", () => {
    for (const ground of [...TYPES.map((t) => `tint-${t}`), "bg", "panel", "added-tint", "removed-tint", "changed-tint"])
      expect(contrast(colours.get("text")!, colours.get(ground)!), ground).toBeGreaterThanOrEqual(7);
    expect(contrast(colours.get("select-text")!, colours.get("select")!)).toBeGreaterThanOrEqual(4.5);
    expect(contrast(colours.get("muted")!, colours.get("panel")!)).toBeGreaterThanOrEqual(4.5);
  });
});
