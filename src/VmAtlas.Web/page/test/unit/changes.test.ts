import { describe, expect, it } from "vitest";
import type { SnapshotSummary } from "../../src/api/answers";
import { decodeFrame } from "../../src/model/frame";
import { changesOf, changesSummaryOf } from "../../src/model/localChanges";
import { Rows } from "../../src/model/rows";
import { frameOf, type RowSpec } from "./frames";

const [IMAGE, STACK, PRIVATE, FREE] = [0, 5, 6, 9];

const BEFORE: readonly RowSpec[] = [
  { address: 0x1000, size: 0x3000, type: IMAGE, details: "/lib/a.so", private: 0x1000 },
  { address: 0x1000, size: 0x1000, type: IMAGE, parent: 0 },
  { address: 0x2000, size: 0x2000, type: IMAGE, parent: 0, private: 0x1000 },
  { address: 0x4000, size: 0x4000, type: FREE },
  { address: 0x8000, size: 0x1000, type: PRIVATE, private: 0x1000 },
  { address: 0xe000, size: 0x1000, type: STACK, details: "Thread 1", private: 0x1000 },
];
/** a.so holds more, the private memory went, the stack grew downwards, and something is new. */
const AFTER: readonly RowSpec[] = [
  { address: 0x1000, size: 0x3000, type: IMAGE, details: "/lib/a.so", private: 0x2000 },
  { address: 0x1000, size: 0x1000, type: IMAGE, parent: 0 },
  { address: 0x2000, size: 0x2000, type: IMAGE, parent: 0, private: 0x2000 },
  { address: 0xa000, size: 0x1000, type: IMAGE, details: "/lib/b.so", private: 0 },
  { address: 0xc000, size: 0x3000, type: STACK, details: "Thread 1", private: 0x3000 },
];

describe("changes made in the page", () => {
  const frame = changesOf(decodeFrame(frameOf(BEFORE)), decodeFrame(frameOf(AFTER)));
  const rows = new Rows(frame, true);

  it("pair regions by where they begin or end, and keep what is new and what is gone", () => {
    const told = Array.from({ length: rows.count }, (_, row) => [rows.address[row], rows.changeOf(row), rows.value(row, "size"), rows.value(row, "private")]);
    expect(told).toEqual([
      [0x1000, "changed", 0, 0x1000],
      [0x8000, "removed", -0x1000, -0x1000],
      [0xa000, "added", 0x1000, 0],
      [0xc000, "changed", 0x2000, 0x2000],
    ]);
    expect(rows.text(0, "details")).toBe("/lib/a.so");
  });

  it("add up by type and by file", () => {
    const summary = (value: number): SnapshotSummary => ({ time: "2025-01-01T00:00:00Z", milliseconds: 1, annotators: [], summary: [{ type: "Total", size: value, largest: 1 }] });
    const changes = changesSummaryOf(summary(100), summary(70), frame);
    expect(changes.summary).toEqual([{ type: "Total", size: -30 }]);
    expect(changes.modules).toEqual([
      { path: "/lib/a.so", regionsBefore: 1, regionsAfter: 1, size: 0, private: 0x1000 },
      { path: "/lib/b.so", regionsBefore: 0, regionsAfter: 1, size: 0x1000, private: 0 },
    ]);
  });

  it("of a snapshot with itself are none", () => {
    const same = new Rows(changesOf(decodeFrame(frameOf(AFTER)), decodeFrame(frameOf(AFTER))), true);
    expect(Array.from({ length: same.count }, (_, row) => same.changeOf(row))).toEqual(["", "", ""]);
  });
});
