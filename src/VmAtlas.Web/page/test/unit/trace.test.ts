import { describe, expect, it } from "vitest";
import { CallTreeRows } from "../../src/model/callTree";
import { columnOf } from "../../src/model/columns";
import { counted, exact, kib, percent } from "../../src/model/format";
import { GrowingFrame, rowsWhere, type Column, type Frame } from "../../src/model/frame";

function frameOf(rows: number, strings: string[], columns: Record<string, [unit: string, values: Column]>): Frame {
  return { rows, strings, columns: new Map(Object.entries(columns).map(([name, [unit, values]]) => [name, { name, unit, values }])) };
}

/** all → main → (parse → (read, copy)), and all → start. */
const TREE = frameOf(6, ["", "all", "main", "parse", "read", "copy", "start"], {
  parent: ["row", Int32Array.of(-1, 0, 1, 2, 2, 0)],
  children: ["", Uint32Array.of(2, 1, 2, 0, 0, 0)],
  hidden: ["", Uint32Array.of(0, 0, 0, 3, 0, 0)],
  tid: ["", Uint32Array.of(0, 0, 0, 0, 0, 7)],
  label: ["string", Uint32Array.of(1, 2, 3, 4, 5, 6)],
  module: ["string", new Uint32Array(6)],
  liveBytes: ["B", Float64Array.of(1000, 950, 950, 300, 600, 50)],
  totalBytes: ["B", Float64Array.of(9000, 1000, 1000, 700, 300, 8000)],
});

const names = (rows: CallTreeRows): string[] => [...rows.visible].map((row) => rows.text(row, "label"));

describe("a call tree", () => {
  it("opens the way that nearly all of it went, and no further", () => {
    expect(names(new CallTreeRows(TREE, "liveBytes"))).toEqual(["all", "main", "parse", "copy", "read", "start"]);
    expect(names(new CallTreeRows(TREE, "totalBytes"))).toEqual(["all", "start", "main"]);
  });

  it("sorts callees below their callers, and keeps what is open", () => {
    const rows = new CallTreeRows(TREE, "liveBytes");
    rows.setExpanded(2, false);
    rows.share("totalBytes");
    expect(names(rows)).toEqual(["all", "start", "main", "parse"]);
    expect(rows.cell(1, columnOf("share", "Share", "percent", 60))).toBe("11 %");
    rows.sort({ key: "label", descending: false });
    rows.expandAll(true);
    expect(names(rows)).toEqual(["all", "main", "parse", "copy", "read", "start"]);
    rows.expandAll(false);
    expect(names(rows)).toEqual(["all", "main", "start"]);
  });

  it("finds names in closed branches, forwards and backwards, and opens the way to them", () => {
    const rows = new CallTreeRows(TREE, "totalBytes");
    const row = rows.find("READ", 0, 1);
    expect(rows.text(row, "label")).toBe("read");
    rows.openTo(row);
    expect(names(rows)).toContain("read");
    expect(rows.find("read", row, -1)).toBe(row);
    expect(rows.find("nothing", 0, 1)).toBe(-1);
  });

  it("says what a row stands for besides its name", () => {
    const [rows, column] = [new CallTreeRows(TREE, "liveBytes"), columnOf("label", "Function", "tree", 400)];
    expect(rows.cell(3, column)).toBe("read (+ 3 smaller)");
    expect(rows.cell(5, column)).toBe("start (7)");
    expect([...rows.level]).toEqual([0, 1, 2, 3, 3, 1]);
  });
});

describe("frames that come one after the other", () => {
  it("are one, with texts under one numbering", () => {
    const all = new GrowingFrame();
    for (let n = 0; n < 3; n++) {
      const strings = ["", n === 1 ? "free" : "malloc", "x"];
      all.add(frameOf(1000, strings, { time: ["s", Float64Array.from({ length: 1000 }, (_, i) => n * 1000 + i)], call: ["string", new Uint32Array(1000).fill(1)] }));
    }
    const { frame } = all;
    expect(frame.rows).toBe(3000);
    expect(frame.columns.get("time")!.values[2999]).toBe(2999);
    expect(frame.columns.get("time")!.values.length).toBe(3000);
    const call = (row: number): string => frame.strings[frame.columns.get("call")!.values[row]!]!;
    expect([call(0), call(1500), call(2500)]).toEqual(["malloc", "free", "malloc"]);
  });

  it("can be cut to the rows that fit", () => {
    const frame = rowsWhere(TREE, (row) => row % 2 === 1);
    expect([frame.rows, [...frame.columns.get("liveBytes")!.values]]).toEqual([3, [950, 300, 50]]);
  });
});

describe("numbers", () => {
  it("are grouped by thousands, by hand as the browser would", () => {
    const browser = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
    for (const value of [0, 1, 12, 123, 1234, 12345, 123456, 1234567, -1, -999, -1000, -123456, 2 ** 53, 1e15 + 0.25]) expect(exact(value), String(value)).toBe(browser.format(value));
    expect([kib(1023), kib(1024 * 1234), kib(-2048), kib(0)]).toEqual(["<1 K", "1,234 K", "-2 K", ""]);
  });

  it("have their word in the singular and the plural", () => {
    expect([counted(0, "row"), counted(1, "row"), counted(1234, "row"), counted(2, "box", "boxes")]).toEqual(["0 rows", "1 row", "1,234 rows", "2 boxes"]);
    expect([percent(0), percent(0.004), percent(0.0999), percent(0.5), percent(1)]).toEqual(["0 %", "0.4 %", "10.0 %", "50 %", "100 %"]);
  });
});
