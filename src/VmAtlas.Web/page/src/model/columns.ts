/** The columns of the details: VMMap's in VMMap's order, then the ones it does not have. */

/** "exact": bytes to the last one, where whole KiB say too little; "known" the same, blank where it is negative because nobody knows it. "percent": of numbers from 0 to 1. "tree": a text behind the mark that opens a row. */
export type ColumnKind = "address" | "type" | "bytes" | "exact" | "known" | "count" | "percent" | "seconds" | "text" | "tree";

export interface ColumnSpec {
  /** The frame's name for it. */
  readonly key: string;
  readonly title: string;
  readonly kind: ColumnKind;
  /** Pixels. */
  readonly width: number;
  /** Shown unless the reader chooses otherwise. */
  readonly shown: boolean;
}

/** A column of a table that is not the details'. */
export const columnOf = (key: string, title: string, kind: ColumnKind, width: number): ColumnSpec => ({ key, title, kind, width, shown: true });

const bytes = (key: string, title: string, shown: boolean, width = 78): ColumnSpec => ({ key, title, kind: "bytes", width, shown });
const text = (key: string, title: string, width: number, shown: boolean): ColumnSpec => ({ key, title, kind: "text", width, shown });

export const COLUMNS: readonly ColumnSpec[] = [
  { key: "address", title: "Address", kind: "address", width: 156, shown: true },
  { key: "type", title: "Type", kind: "type", width: 116, shown: true },
  bytes("size", "Size", true, 98),
  bytes("committed", "Committed", true),
  bytes("private", "Private", true, 74),
  bytes("totalWs", "Total WS", true, 74),
  bytes("privateWs", "Private WS", true),
  bytes("shareableWs", "Shareable WS", true, 92),
  bytes("sharedWs", "Shared WS", true),
  bytes("lockedWs", "Locked WS", false),
  bytes("pss", "PSS", true, 72),
  bytes("uss", "USS", false, 76),
  bytes("swap", "Swap", false, 76),
  bytes("swapPss", "SwapPSS", false, 76),
  bytes("dirty", "Dirty", false, 76),
  bytes("referenced", "Referenced", false),
  bytes("anonymous", "Anonymous", false),
  bytes("lazyFree", "LazyFree", false),
  bytes("thp", "THP", false, 76),
  bytes("ksm", "KSM", false, 76),
  bytes("hugetlb", "Hugetlb", false, 76),
  { key: "blocks", title: "Blocks", kind: "count", width: 52, shown: true },
  text("protection", "Protection", 102, true),
  text("details", "Details", 420, true),
  text("label", "Label", 110, false),
  text("name", "Name", 320, false),
  text("vmFlags", "VmFlags", 180, false),
  text("reason", "Reason", 320, false),
  text("annotator", "Annotator", 90, false),
];

export const COLUMN_BY_KEY: ReadonlyMap<string, ColumnSpec> = new Map(COLUMNS.map((c) => [c.key, c]));
