import type { Frame } from "./frame";
import type { ColumnSpec } from "./columns";
import { address, count, exact, kib, percent, seconds, signedKib } from "./format";
import { FREE, PAGE_TABLE, TYPE_NAMES, UNUSABLE } from "./memoryTypes";
import { MOST_RUNS, type PageRun } from "./pages";
import { protectionText } from "./protection";
import { rankTexts, sortDoubles, sortWholes } from "./sort";
import type { TableRows } from "../table/TableRows";

/** Levels of the tree; below its lowest row there may be pages. Gaps are on the first, like regions. */
export const REGION = 0;
export const BLOCK = 1;

/** The words for the numbers in a difference's column "change". */
export const CHANGES = ["", "added", "removed", "changed"] as const;

export interface Sorting {
  readonly key: string;
  readonly descending: boolean;
}

/** Row numbers kept for the pages of one block: its runs, and what is left. */
const PAGE_ROWS = MOST_RUNS + 1;

/** A bit for each region and for each block of the snapshot, least significant first. Gaps match nothing. */
export interface Matches {
  readonly regions: Uint8Array;
  readonly blocks: Uint8Array;
}

/** What of the rows is shown. */
export interface RowFilter {
  /** Only this type; undefined for all. */
  readonly type?: number | undefined;
  /** Free and Unusable too; in a difference, where there are none, what is the same too. Asking for a type shows all of it in any case. */
  readonly gaps: boolean;
  /** The rows an expression holds for. Undefined for no expression. */
  readonly matches?: Matches | undefined;
}

/**
 * The rows of one snapshot, or of the difference of two: which are visible, in which order. Nothing is made a row: all is
 * columns, and a row is a number. Numbers from the frame's count on are runs of pages, which came later and are of now.
 */
export class Rows implements TableRows {
  readonly frame: Frame;
  /** Numbers are differences, shown with their sign. */
  readonly signed: boolean;
  level: Uint8Array;
  parent: Int32Array;
  type: Uint8Array;
  address: Float64Array;
  end: Float64Array;
  /** Of the frame: pages are not counted. */
  readonly childCount: Uint32Array;
  /** Number of the region, block or gap in its table. */
  readonly index: Uint32Array;
  /** Row numbers from top to bottom. */
  visible: Uint32Array = new Uint32Array(0);
  sorting: Sorting = { key: "address", descending: false };
  filter: RowFilter = { gaps: false };
  /** What has no rows below it opens to its pages: of a process as it is now. */
  opensPages = false;

  #order: Uint32Array;
  #expanded: Uint8Array;
  #ranks: Uint32Array | undefined;
  #cursor = -1;
  /** The pages of a row, once they are known, and their first row number. */
  readonly #pages = new Map<number, { readonly first: number; readonly runs: readonly PageRun[] }>();

  constructor(frame: Frame, signed = false) {
    this.frame = frame;
    this.signed = signed;
    this.level = this.#column("level") as Uint8Array;
    this.parent = this.#column("parent") as Int32Array;
    this.type = this.#column("type") as Uint8Array;
    this.address = this.#column("address") as Float64Array;
    this.end = this.#column("end") as Float64Array;
    this.childCount = this.#column("children") as Uint32Array;
    this.index = this.#column("index") as Uint32Array;
    this.#expanded = new Uint8Array(frame.rows);
    this.#order = Uint32Array.from({ length: frame.rows }, (_, row) => row);
    this.#show();
  }

  /** Rows of the frame. */
  get count(): number {
    return this.frame.rows;
  }

  /** Whether the source knows the column at all. */
  has(key: string): boolean {
    return this.frame.columns.has(key);
  }

  /** A number of a row; 0 where the column is zero all over or not known. */
  value(row: number, key: string): number {
    if (row >= this.count) return key === "address" ? this.address[row]! : key === "size" ? this.end[row]! - this.address[row]! : 0;
    return this.frame.columns.get(key)?.values[row] ?? 0;
  }

  /** Whether some region of a type was claimed by an annotator. */
  hasClaim(type: number, annotator: string): boolean {
    const text = this.frame.strings.indexOf(annotator);
    const claimed = this.frame.columns.get("annotator")?.values;
    if (text < 0 || claimed === undefined) return false;
    for (let row = 0; row < this.count; row++) if (claimed[row] === text && this.type[row] === type) return true;
    return false;
  }

  /** Facts of several blocks are all that one of them has: they say nothing of the whole. */
  #isOneBlock(row: number): boolean {
    return this.level[row]! > 0 || this.value(row, "children") === 0;
  }

  isGap(row: number): boolean {
    return this.type[row]! >= UNUSABLE;
  }

  /** A text of a row. */
  text(row: number, key: string): string {
    if (row >= this.count) return key === "details" ? this.#pagesText(row) : key === "protection" ? this.text(this.parent[row]!, key) : "";
    if (key === "protection") return this.isGap(row) ? "" : protectionText(this.value(row, key), this.#isOneBlock(row) ? this.value(row, "facts") : 0);
    const text = this.frame.strings[this.value(row, key)] ?? "";
    // A block says what it is within its region; a region of one block is both.
    return key === "details" && text === "" ? this.text(row, "label") : text;
  }

  /** What a cell shows. */
  cell(row: number, column: ColumnSpec): string {
    switch (column.kind) {
      case "address":
        return column.key !== "address" && this.value(row, column.key) === 0 ? "" : address(this.value(row, column.key));
      case "type":
        return TYPE_NAMES[this.type[row]!] ?? "?";
      case "bytes":
        return this.signed ? signedKib(this.value(row, column.key)) : kib(this.value(row, column.key));
      case "exact":
        return exact(this.value(row, column.key));
      case "known":
        return this.value(row, column.key) < 0 ? "" : exact(this.value(row, column.key));
      case "count":
        return count(this.value(row, column.key));
      case "percent":
        return percent(this.value(row, column.key));
      case "seconds":
        return seconds(this.value(row, column.key));
      case "tree":
      case "text":
        return this.text(row, column.key);
    }
  }

  opens(row: number): boolean {
    return this.childCount[row]! > 0 || this.#hasPages(row);
  }

  isExpanded(row: number): boolean {
    return this.#expanded[row] === 1;
  }

  setExpanded(row: number, open: boolean): void {
    if (!this.opens(row) || this.isExpanded(row) === open) return;
    this.#expanded[row] = open ? 1 : 0;
    this.#show();
  }

  /** Opens all regions, not the pages of all of them; closes everything. */
  expandAll(open: boolean): void {
    if (open) for (let row = 0; row < this.count; row++) this.#expanded[row] = this.childCount[row]! > 0 ? 1 : this.#expanded[row]!;
    else this.#expanded.fill(0);
    this.#show();
  }

  /** Opens a row that has no others below it to its pages. */
  showPages(row: number, runs: readonly PageRun[]): void {
    this.#setPages(row, runs);
    this.#show();
  }

  /** Rows that are open to their pages. */
  get openToPages(): number[] {
    return [...this.#pages.keys()].filter((row) => this.isExpanded(row));
  }

  /** Numbers of the rows that are pages. */
  get pageRows(): number[] {
    return [...this.#pages.values()].flatMap(({ first, runs }) => runs.map((_, i) => first + i));
  }

  /** The frame's row that a row of pages is part of; of the frame's rows the row itself. */
  partOf(row: number): number {
    return row < this.count ? row : (this.parent[row] ?? -1);
  }

  /** Addresses of the regions that are open, so that the next snapshot can open the same. */
  get expandedAddresses(): Set<number> {
    const open = new Set<number>();
    for (let row = 0; row < this.count; row++) if (this.#expanded[row] === 1 && this.level[row] === REGION) open.add(this.address[row]!);
    return open;
  }

  /** Takes order, filter, open regions and their pages over from an earlier snapshot. A filter by expression has to be asked for anew. */
  resume(from: Rows): void {
    this.filter = { ...from.filter, matches: undefined };
    const open = from.expandedAddresses;
    if (open.size > 0) for (let row = 0; row < this.count; row++) this.#expanded[row] = this.childCount[row]! > 0 && open.has(this.address[row]!) ? 1 : 0;
    this.#resumePages(from);
    if (from.sorting.key === "address" && !from.sorting.descending) this.#show();
    else this.sort(from.sorting);
  }

  sort(sorting: Sorting): void {
    this.sorting = sorting;
    this.#order = this.#groupByParent(this.#sorted(sorting));
    this.#show();
  }

  largestFirst(key: string): boolean {
    return this.frame.columns.get(key)?.unit === "B";
  }

  setFilter(filter: RowFilter): void {
    this.filter = filter;
    this.#show();
  }

  /** The top row that covers an address; −1 when none does. */
  rowAt(at: number): number {
    let best = -1;
    for (let row = 0; row < this.count; row++) {
      if (this.level[row] !== BLOCK && this.address[row]! <= at && at < this.end[row]!) best = row;
    }
    return best;
  }

  /** All rows that the filter lets through, blocks of closed regions too, in the order shown. */
  get searchOrder(): Uint32Array {
    return this.#filtered(false);
  }

  /** Position among the visible rows; −1 when hidden. */
  positionOf(row: number): number {
    return this.visible.indexOf(row);
  }

  /** The same for the row the keyboard is on, remembered until the order changes: asked for in every frame. */
  positionOfCursor(row: number): number {
    if (row < 0) return -1;
    if (this.visible[this.#cursor] !== row) this.#cursor = this.visible.indexOf(row);
    return this.#cursor;
  }

  /** In a difference: "added", "removed", "changed", or "" for a row that is the same. */
  changeOf(row: number): string {
    return this.signed ? (CHANGES[this.value(row, "change")] ?? "") : "";
  }

  #column(name: string): FrameValues {
    const column = this.frame.columns.get(name);
    if (column === undefined) throw new Error(`The frame has no column ${name}.`);
    return column.values;
  }

  /** The kernel tells of no pages in its own half, where [vsyscall] is. */
  #hasPages(row: number): boolean {
    return this.opensPages && this.childCount[row] === 0 && this.type[row]! < PAGE_TABLE && this.address[row]! < 2 ** 63;
  }

  #pagesText(row: number): string {
    const { first, runs } = this.#pages.get(this.parent[row]!)!;
    return runs[row - first]?.text ?? "";
  }

  #setPages(row: number, runs: readonly PageRun[]): void {
    const first = this.#pages.get(row)?.first ?? this.count + this.#pages.size * PAGE_ROWS;
    this.#makeRoom(first + PAGE_ROWS);
    runs.forEach(({ address, end }, i) => {
      const at = first + i;
      [this.level[at], this.parent[at], this.type[at]] = [this.level[row]! + 1, row, this.type[row]!];
      [this.address[at], this.end[at]] = [address, end];
    });
    this.#pages.set(row, { first, runs });
    this.#expanded[row] = 1;
  }

  #makeRoom(rows: number): void {
    if (rows <= this.level.length) return;
    const room = Math.max(rows, 2 * this.level.length - this.count);
    this.level = copied(this.level, new Uint8Array(room));
    this.parent = copied(this.parent, new Int32Array(room));
    this.type = copied(this.type, new Uint8Array(room));
    this.address = copied(this.address, new Float64Array(room));
    this.end = copied(this.end, new Float64Array(room));
  }

  /** The pages as they were, until they are asked for anew. */
  #resumePages(from: Rows): void {
    const known = new Map(from.openToPages.map((row) => [from.address[row]!, from.#pages.get(row)!.runs]));
    if (known.size === 0) return;
    for (let row = 0; row < this.count; row++) {
      const runs = this.#hasPages(row) ? known.get(this.address[row]!) : undefined;
      if (runs !== undefined) this.#setPages(row, runs);
    }
  }

  #sorted({ key, descending }: Sorting): Uint32Array {
    const column = this.frame.columns.get(key);
    if (column === undefined) return Uint32Array.from({ length: this.count }, (_, row) => row);
    if (column.unit === "string") {
      this.#ranks ??= rankTexts(this.frame.strings);
      const ranks = this.#ranks;
      return sortWholes((column.values as Uint32Array).map((text) => ranks[text]!), descending);
    }
    return column.values instanceof Float64Array ? sortDoubles(column.values, descending) : sortWholes(column.values, descending);
  }

  /** Puts blocks below their regions, each in the order given. */
  #groupByParent(sorted: Uint32Array): Uint32Array {
    const next = new Uint32Array(this.count);
    const result = new Uint32Array(this.count);
    let place = 0;
    for (const row of sorted) {
      if (this.parent[row]! >= 0) continue;
      result[place] = row;
      next[row] = place + 1;
      place += 1 + this.childCount[row]!;
    }
    for (const row of sorted) {
      const parent = this.parent[row]!;
      if (parent >= 0) result[next[parent]!++] = row;
    }
    return result;
  }

  #show(): void {
    this.visible = this.#filtered(true);
  }

  #filtered(onlyOpen: boolean): Uint32Array {
    const { type, gaps, matches } = this.filter;
    const hits = matches === undefined ? undefined : this.#withParents(matches);
    const visible = new Uint32Array(this.count + this.#pages.size * PAGE_ROWS);
    let n = 0;
    for (const row of this.#order) {
      const parent = this.parent[row]!;
      if (onlyOpen && parent >= 0 && this.#expanded[parent] === 0) continue;
      const own = this.type[row]!;
      if (type !== undefined ? own !== type : !gaps && this.#isQuiet(row, own)) continue;
      if (hits !== undefined && hits[row] === 0) continue;
      visible[n++] = row;
      const pages = this.#expanded[row] === 1 ? this.#pages.get(row) : undefined;
      for (let i = 0; i < (pages?.runs.length ?? 0); i++) visible[n++] = pages!.first + i;
    }
    return visible.subarray(0, n);
  }

  /** What most readers do not look for: empty space, and in a difference what is the same. */
  #isQuiet(row: number, type: number): boolean {
    return this.signed ? this.value(row, "change") === 0 : type === FREE || type === UNUSABLE;
  }

  /** A block that matches shows its region too; a region that matches itself shows all its blocks. */
  #withParents({ regions, blocks }: Matches): Uint8Array {
    const shown = new Uint8Array(this.count);
    for (let row = 0; row < this.count; row++) {
      const parent = this.parent[row]!;
      const index = this.index[row]!;
      if (parent < 0) {
        if (!this.isGap(row) && isSet(regions, index)) shown[row] = 1;
      } else if (isSet(blocks, index) || isSet(regions, this.index[parent]!)) {
        shown[row] = 1;
        shown[parent] = 1;
      }
    }
    return shown;
  }
}

/** Rows without a tree: those of a frame that has other columns. Each has a type, for its colour.
 * @param order What the frame is in order of. */
export function flatRows(frame: Frame, types: Uint8Array, end: Float64Array, order = "address"): Rows {
  const numbers = Uint32Array.from({ length: frame.rows }, (_, row) => row);
  const columns = new Map(frame.columns);
  if (!columns.has("address")) columns.set("address", { name: "address", unit: "address", values: new Float64Array(frame.rows) });
  const add = (name: string, values: Float64Array | Int32Array | Uint32Array | Uint8Array): void => void columns.set(name, { name, unit: "", values });
  add("level", new Uint8Array(frame.rows));
  add("parent", new Int32Array(frame.rows).fill(-1));
  add("children", new Uint32Array(frame.rows));
  add("index", numbers);
  add("type", types);
  add("end", end);
  const rows = new Rows({ rows: frame.rows, strings: frame.strings, columns });
  rows.sorting = { key: order, descending: false };
  rows.setFilter({ gaps: true });
  return rows;
}

function copied<T extends { set(from: T): void }>(from: T, to: T): T {
  to.set(from);
  return to;
}

function isSet(bits: Uint8Array, index: number): boolean {
  return ((bits[index >> 3]! >> (index & 7)) & 1) === 1;
}

type FrameValues = Float64Array | Int32Array | Uint32Array | Uint8Array;

/** The columns of the list that the source knows. */
export function knownColumns(rows: Rows, columns: readonly ColumnSpec[]): ColumnSpec[] {
  return columns.filter((column) => rows.has(column.key));
}
