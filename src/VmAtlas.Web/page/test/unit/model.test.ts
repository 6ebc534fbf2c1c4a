import { describe, expect, it } from "vitest";
import { COLUMNS } from "../../src/model/columns";
import { findFrom } from "../../src/model/find";
import { address, kib, parseAddress, signedKib, size } from "../../src/model/format";
import { decodeFrame } from "../../src/model/frame";
import { holesOf } from "../../src/model/holes";
import { runsOf } from "../../src/model/pages";
import { protectionText } from "../../src/model/protection";
import { Rows } from "../../src/model/rows";
import { rankTexts, sortDoubles, sortWholes } from "../../src/model/sort";
import { encodeFrame, frameOf } from "./frames";

const IMAGE = 0;
const HEAP = 3;
const FREE = 9;

/** A heap of two blocks, an image, a hole. */
const sample = (): Rows =>
  new Rows(
    decodeFrame(
      frameOf([
        { address: 0x1000, size: 0x3000, type: HEAP, details: "[heap]", private: 12288 },
        { address: 0x1000, size: 0x1000, type: HEAP, parent: 0, private: 4096 },
        { address: 0x2000, size: 0x2000, type: HEAP, parent: 0, details: "reserved", private: 8192 },
        { address: 0x4000, size: 0x10000, type: FREE },
        { address: 0x7f0000000000, size: 0x1000, type: IMAGE, details: "/lib/libssl.so.3", private: 4096 },
      ]),
    ),
  );

describe("the frame", () => {
  it("is read in place, columns and texts", () => {
    const frame = decodeFrame(frameOf([{ address: 0xffffffffff600000, size: 4096, type: IMAGE, details: "[vsyscall]" }]));
    expect(frame.rows).toBe(1);
    expect(frame.columns.get("address")?.values[0]).toBe(0xffffffffff600000);
    expect(frame.strings).toContain("[vsyscall]");
    expect(frame.columns.has("swap")).toBe(false);
  });

  it("makes columns that are zero all over itself", () => {
    const head = new TextEncoder().encode(JSON.stringify({ rows: 3, columns: [{ name: "swap", type: "f64", unit: "B", zero: true }], strings: [""] }).padEnd(96));
    const bytes = new Uint8Array(8 + head.length);
    bytes.set(new TextEncoder().encode("VMF1"));
    new DataView(bytes.buffer).setUint32(4, head.length, true);
    bytes.set(head, 8);
    expect(decodeFrame(bytes.buffer).columns.get("swap")).toEqual({ name: "swap", unit: "B", values: new Float64Array(3) });
  });

  it("is refused when it is no frame or cut short", () => {
    expect(() => decodeFrame(new ArrayBuffer(4))).toThrow("no frame");
    expect(() => decodeFrame(new TextEncoder().encode("VMF2....").buffer)).toThrow("no frame");
    const whole = frameOf([{ address: 0, size: 1, type: 0 }]);
    expect(() => decodeFrame(whole.slice(0, 40))).toThrow("cut short");
    expect(() => decodeFrame(whole.slice(0, whole.byteLength - 8))).toThrow();
  });

  it("passes over columns it does not know the type of", () => {
    const bytes = encodeFrame(1, [{ name: "x", values: Uint8Array.of(1) }], [""]);
    const text = new TextDecoder("latin1").decode(bytes).replace('"u8"', '"q8"');
    expect(decodeFrame(Uint8Array.from(text, (c) => c.charCodeAt(0)).buffer).columns.size).toBe(0);
  });
});

describe("the pages of a block", () => {
  const PRIVATE = 1 | 8;
  const [ABSENT, ZERO, DIRTY] = [0, 16, 128];

  it("are runs of equal state, each with its pages, its place and the state in words", () => {
    const runs = runsOf(0x10000, 0x16000, Uint8Array.of(PRIVATE, PRIVATE, ZERO, ABSENT, ABSENT, PRIVATE | DIRTY));
    expect(runs).toEqual([
      { address: 0x10000, end: 0x12000, text: "2 pages: private" },
      { address: 0x12000, end: 0x13000, text: "1 page: zero page" },
      { address: 0x13000, end: 0x15000, text: "2 pages: not present" },
      { address: 0x15000, end: 0x16000, text: "1 page: private, written since the last mark" },
    ]);
  });

  it("are as many runs as were allowed and one that says how many more", () => {
    const states = Uint8Array.from({ length: 1001 }, (_, page) => (page % 2 === 0 ? PRIVATE : ABSENT));
    const runs = runsOf(0, states.length * 4096, states);
    expect(runs.length).toBe(501);
    expect(runs.at(-1)).toEqual({ address: 500 * 4096, end: 1001 * 4096, text: "501 more runs" });
    expect(runsOf(0, 500 * 4096, states.subarray(0, 500)).length).toBe(500);
  });

  it("say what of a large block was not asked for", () => {
    expect(runsOf(0, 10 * 4096, Uint8Array.of(PRIVATE, PRIVATE)).at(-1)).toEqual({ address: 2 * 4096, end: 10 * 4096, text: "8 pages not asked for" });
  });

  const opened = (): Rows => {
    const rows = sample();
    rows.opensPages = true;
    rows.setExpanded(0, true);
    rows.showPages(2, runsOf(0x2000, 0x4000, Uint8Array.of(PRIVATE, ABSENT)));
    return rows;
  };

  it("are rows below it, of its type, one level deeper", () => {
    const rows = opened();
    const [first, second] = rows.pageRows as [number, number];
    expect([...rows.visible]).toEqual([0, 1, 2, first, second, 4]);
    expect([rows.level[first], rows.parent[first], rows.type[first], rows.partOf(second)]).toEqual([2, 2, HEAP, 2]);
    const shown = ["address", "size", "private", "protection", "details"].map((key) => rows.cell(second, COLUMNS.find((c) => c.key === key)!));
    expect(shown).toEqual([address(0x3000), "4 K", "", "Read/Write", "1 page: not present"]);
    expect(rows.rowAt(0x3000)).toBe(0);
    rows.setExpanded(2, false);
    expect([...rows.visible]).toEqual([0, 1, 2, 4]);
  });

  it("stay behind their block in any order, and go with it when it is filtered out", () => {
    const rows = opened();
    const pages = rows.pageRows;
    rows.sort({ key: "private", descending: true });
    expect([...rows.visible]).toEqual([0, 2, ...pages, 1, 4]);
    rows.setFilter({ gaps: false, type: IMAGE });
    expect([...rows.visible]).toEqual([4]);
  });

  it("take the place of those that were there before, and leave other rows' alone", () => {
    const rows = opened();
    rows.showPages(1, runsOf(0x1000, 0x2000, Uint8Array.of(PRIVATE)));
    rows.showPages(2, runsOf(0x2000, 0x4000, Uint8Array.of(ZERO, ZERO)));
    expect([...rows.visible].map((row) => rows.text(row, "details"))).toEqual(["[heap]", "", "1 page: private", "reserved", "2 pages: zero page", "/lib/libssl.so.3"]);
  });

  it("are kept by the next snapshot until they are asked for anew, and by none that can not have them", () => {
    const next = sample();
    next.opensPages = true;
    next.resume(opened());
    expect(next.openToPages).toEqual([2]);
    expect(next.visible.length).toBe(6);
    const old = sample();
    old.resume(opened());
    expect([...old.visible]).toEqual([0, 1, 2, 4]);
  });

  it("do not open where they are not known: in files, in gaps; and all at once never", () => {
    const rows = sample();
    expect([0, 1, 3, 4].map((row) => rows.opens(row))).toEqual([true, false, false, false]);
    rows.opensPages = true;
    expect([0, 1, 3, 4].map((row) => rows.opens(row))).toEqual([true, true, false, true]);
    const vsyscall = new Rows(decodeFrame(frameOf([{ address: 0xffffffffff600000, size: 4096, type: IMAGE }])));
    vsyscall.opensPages = true;
    expect(vsyscall.opens(0)).toBe(false);
    rows.expandAll(true);
    expect(rows.openToPages).toEqual([]);
    expect(rows.isExpanded(1)).toBe(false);
  });
});

describe("the tree", () => {
  it("shows regions, and blocks of those that are open", () => {
    const rows = sample();
    expect([...rows.visible]).toEqual([0, 4]);
    rows.setExpanded(0, true);
    expect([...rows.visible]).toEqual([0, 1, 2, 4]);
    rows.expandAll(false);
    expect([...rows.visible]).toEqual([0, 4]);
  });

  it("shows gaps when asked to, or when they are the type asked for", () => {
    const rows = sample();
    rows.setFilter({ gaps: true });
    expect([...rows.visible]).toEqual([0, 3, 4]);
    rows.setFilter({ gaps: false, type: FREE });
    expect([...rows.visible]).toEqual([3]);
  });

  it("leaves out of a difference what is the same, unless it is asked for", () => {
    const frame = decodeFrame(frameOf([0, 1, 2].map((i) => ({ address: 0x1000 * (i + 1), size: 0x1000, type: HEAP }))));
    const columns = new Map(frame.columns).set("change", { name: "change", unit: "", values: Uint8Array.of(0, 1, 3) });
    const rows = new Rows({ ...frame, columns }, true);
    expect([...rows.visible]).toEqual([1, 2]);
    expect([...rows.visible].map((row) => rows.changeOf(row))).toEqual(["added", "changed"]);
    rows.setFilter({ gaps: true });
    expect([...rows.visible]).toEqual([0, 1, 2]);
  });

  it("keeps blocks below their region however it is sorted", () => {
    const rows = sample();
    rows.expandAll(true);
    rows.sort({ key: "private", descending: true });
    expect([...rows.visible]).toEqual([0, 2, 1, 4]);
    rows.sort({ key: "private", descending: false });
    expect([...rows.visible]).toEqual([4, 0, 1, 2]);
    rows.sort({ key: "details", descending: false });
    expect([...rows.visible]).toEqual([0, 1, 2, 4]);
  });

  it("shows a block that matches with its region, and all blocks of a region that matches", () => {
    const rows = sample();
    rows.expandAll(true);
    rows.setFilter({ gaps: false, matches: { regions: Uint8Array.of(0), blocks: Uint8Array.of(0b10) } });
    expect([...rows.visible]).toEqual([0, 2]);
    rows.setFilter({ gaps: true, matches: { regions: Uint8Array.of(0b01), blocks: Uint8Array.of(0) } });
    expect([...rows.visible]).toEqual([0, 1, 2]);
  });

  it("opens the same regions in the next snapshot, by address", () => {
    const [first, second] = [sample(), sample()];
    first.setExpanded(0, true);
    first.sort({ key: "size", descending: true });
    second.resume(first);
    expect(second.isExpanded(0)).toBe(true);
    expect(second.sorting).toEqual({ key: "size", descending: true });
  });

  it("finds the row that covers an address", () => {
    const rows = sample();
    expect(rows.rowAt(0x2fff)).toBe(0);
    expect(rows.rowAt(0x4000)).toBe(3);
    expect(rows.rowAt(0x500)).toBe(-1);
  });
});

describe("find", () => {
  it("looks in every column, in closed regions too, around the end", () => {
    const rows = sample();
    expect(findFrom(rows, COLUMNS, "LIBSSL", -1, 1)).toBe(4);
    expect(findFrom(rows, COLUMNS, "reserved", 4, 1)).toBe(2);
    expect(findFrom(rows, COLUMNS, "heap", 4, -1)).toBe(2);
    expect(findFrom(rows, COLUMNS, "nothing like it", -1, 1)).toBe(-1);
  });

  it("understands at ADDRESS", () => expect(findFrom(sample(), COLUMNS, "at 0x7f0000000800", -1, 1)).toBe(4));
});

describe("sorting", () => {
  it("orders doubles as Array.sort does, stably, both ways", () => {
    const random = generator(7);
    const values = Float64Array.from({ length: 5000 }, (_, i) => (i % 3 === 0 ? Math.floor(random() * 10) : (random() - 0.5) * 2 ** (i % 60)));
    const plain = [...values.keys()];
    expect([...sortDoubles(values, false)]).toEqual(plain.toSorted((a, b) => values[a]! - values[b]!));
    expect([...sortDoubles(values, true)]).toEqual(plain.toSorted((a, b) => values[b]! - values[a]!));
  });

  it("orders whole numbers", () => expect([...sortWholes([3, 1, 2, 1], false)]).toEqual([1, 3, 2, 0]));

  it("takes numbers in texts for numbers", () => {
    const ranks = rankTexts(["thread 10", "thread 9", "Thread 9"]);
    expect(ranks[0]!).toBeGreaterThan(ranks[1]!);
    expect(ranks[1]).toBe(ranks[2]);
  });
});

describe("words and numbers", () => {
  it("writes sizes as VMMap does", () => {
    expect([0, 1, 1024, 1536, 1048576 * 1024].map(kib)).toEqual(["", "<1 K", "1 K", "1 K", "1,048,576 K"]);
    expect([-65536, 65536, 0].map(signedKib)).toEqual(["−64 K", "+64 K", ""]);
    expect(size(1536)).toBe("1.50 KiB");
  });

  it("writes and reads addresses, all 64 bits of a page's", () => {
    for (const text of ["0000000000010000", "00007ffff7c28000", "ffffffffff600000"]) expect(address(parseAddress(text)!)).toBe(text);
    expect(parseAddress("0x7f12`ab34")).toBe(0x7f12ab34);
    for (const text of ["", "0x", "xyz", "11112222333344445"]) expect(parseAddress(text)).toBeUndefined();
  });

  it("says protections in VMMap's words", () => {
    expect([0, 1, 3, 5, 7, 16, 33, 37, 19].map((bits) => protectionText(bits))).toEqual([
      "Reserved", "Read", "Read/Write", "Execute/Read", "Execute/Read/Write", "No access", "Copy on write", "Execute/Copy on Write", "Read/Write/Guard",
    ]);
    expect([3 | 64, 3 | 128, 1 | 64 | 128, 5 | 16 | 128].map((bits) => protectionText(bits))).toEqual([
      "Read/Write/WriteCombine", "Read/Write/NoCache", "Read/NoCache/WriteCombine", "Execute/Read/Guard/NoCache",
    ]);
    expect(protectionText(0, 64)).toBe("No access");
  });

  it("counts holes by powers of two", () => {
    expect(holesOf(sample())).toEqual({ count: 1, largest: 0x10000, bytes: 0x10000, index: 0, classes: [{ least: 0x10000, count: 1, bytes: 0x10000 }] });
  });
});

/** Numbers from 0 to 1, the same in every run. */
function generator(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 1103515245 + 12345) % 2147483648) / 2147483648;
}
