import type { TableRows } from "../table/TableRows";
import type { ColumnSpec } from "./columns";
import { exact, kib, percent } from "./format";
import type { Frame } from "./frame";
import { FREE } from "./memoryTypes";
import type { Sorting } from "./rows";
import { rankTexts, sortDoubles, sortWholes } from "./sort";

/** A child that has so much of its caller's figure is the way that a reader follows first. */
const MOST_OF_IT = 0.9;
const DEEPEST_FIRST = 40;

/** A call tree as rows: row 0 is the whole, callees below their callers. Only what is open is made visible, and only that costs anything. */
export class CallTreeRows implements TableRows {
  readonly frame: Frame;
  readonly signed = false;
  readonly level: Uint16Array;
  readonly parent: Int32Array;
  readonly childCount: Uint32Array;
  readonly type: Uint8Array;
  visible: Uint32Array = new Uint32Array(0);
  sorting: Sorting;

  /** What the column of shares counts. */
  shareOf: string;

  readonly #expanded: Uint8Array;
  /** Where the children of each row begin in the list of all. */
  readonly #first: Uint32Array;
  #children: Uint32Array = new Uint32Array(0);
  #cursor = -1;

  /** @param measure What the shares are of, and the order unless another is given. */
  constructor(frame: Frame, measure: string, sorting: Sorting = { key: measure, descending: true }) {
    this.frame = frame;
    this.parent = frame.columns.get("parent")!.values as Int32Array;
    this.childCount = frame.columns.get("children")!.values as Uint32Array;
    this.type = new Uint8Array(frame.rows).fill(FREE);
    this.level = new Uint16Array(frame.rows);
    this.#expanded = new Uint8Array(frame.rows);
    this.#first = new Uint32Array(frame.rows);
    for (let row = 1, next = 0; row <= frame.rows; row++) {
      this.#first[row - 1] = next;
      next += this.childCount[row - 1]!;
      if (row < frame.rows) this.level[row] = this.level[this.parent[row]!]! + 1;
    }
    this.shareOf = measure;
    this.sorting = sorting;
    this.sort(sorting);
    this.#openFirst(measure);
  }

  get count(): number {
    return this.frame.rows;
  }

  value(row: number, key: string): number {
    if (key === "share") return this.value(row, this.shareOf) / (this.value(0, this.shareOf) || 1);
    return this.frame.columns.get(key)?.values[row] ?? 0;
  }

  text(row: number, key: string): string {
    return this.frame.strings[this.value(row, key)] ?? "";
  }

  cell(row: number, { key, kind }: ColumnSpec): string {
    switch (kind) {
      case "tree": {
        const hidden = this.value(row, "hidden");
        const tid = this.value(row, "tid");
        return `${this.text(row, key)}${tid === 0 ? "" : ` (${tid})`}${hidden === 0 ? "" : ` (+ ${hidden} smaller)`}`;
      }
      case "text":
        return this.text(row, key);
      case "percent":
        return percent(this.value(row, key));
      case "bytes":
        return kib(this.value(row, key));
      default:
        return this.value(row, key) === 0 ? "" : exact(this.value(row, key));
    }
  }

  opens(row: number): boolean {
    return this.childCount[row]! > 0;
  }

  isExpanded(row: number): boolean {
    return this.#expanded[row] === 1;
  }

  setExpanded(row: number, open: boolean): void {
    if (this.childCount[row] === 0 || this.isExpanded(row) === open) return;
    this.#expanded[row] = open ? 1 : 0;
    this.#show();
  }

  expandAll(open: boolean): void {
    this.#expanded.fill(open ? 1 : 0);
    this.#expanded[0] = 1;
    this.#show();
  }

  /** Shares and order by another figure; what is open stays so. */
  share(measure: string): void {
    this.shareOf = measure;
    this.sort({ key: measure, descending: true });
  }

  /** Opens the way to a row. */
  openTo(row: number): void {
    for (let above = this.parent[row]!; above >= 0; above = this.parent[above]!) this.#expanded[above] = 1;
    this.#show();
  }

  sort(sorting: Sorting): void {
    this.sorting = sorting;
    const children = new Uint32Array(this.count);
    const next = this.#first.slice();
    for (const row of this.#sorted(sorting)) if (row > 0) children[next[this.parent[row]!]!++] = row;
    this.#children = children;
    this.#show();
  }

  largestFirst(key: string): boolean {
    return this.frame.columns.get(key)?.unit !== "string";
  }

  /** Rows right below one, in the order shown. */
  childrenOf(row: number): Uint32Array {
    return this.#children.subarray(this.#first[row]!, this.#first[row]! + this.childCount[row]!);
  }

  positionOf(row: number): number {
    return this.visible.indexOf(row);
  }

  positionOfCursor(row: number): number {
    if (row < 0) return -1;
    if (this.visible[this.#cursor] !== row) this.#cursor = this.visible.indexOf(row);
    return this.#cursor;
  }

  changeOf(): string {
    return "";
  }

  /** The next row, opened or not, that has a text in its name; −1 when none has. */
  find(text: string, from: number, step: 1 | -1): number {
    const needle = text.toLowerCase();
    const fits = this.frame.strings.map((name) => name.toLowerCase().includes(needle));
    const labels = this.frame.columns.get("label")!.values;
    for (let i = 1; i <= this.count; i++) {
      const row = (((from + i * step) % this.count) + this.count) % this.count;
      if (fits[labels[row]!] === true) return row;
    }
    return -1;
  }

  #sorted({ key, descending }: Sorting): Uint32Array {
    const column = this.frame.columns.get(key === "share" ? this.shareOf : key);
    if (column === undefined) return Uint32Array.from({ length: this.count }, (_, row) => row);
    if (column.unit === "string") {
      const ranks = rankTexts(this.frame.strings);
      return sortWholes((column.values as Uint32Array).map((text) => ranks[text]!), descending);
    }
    return column.values instanceof Float64Array ? sortDoubles(column.values, descending) : sortWholes(column.values, descending);
  }

  /** The whole, and below it the calls that nearly all of it went through: _start, main, … */
  #openFirst(measure: string): void {
    let row = 0;
    for (let depth = 0; depth < DEEPEST_FIRST; depth++) {
      this.#expanded[row] = 1;
      const child = this.childrenOf(row)[0];
      if (child === undefined || this.value(child, measure) < MOST_OF_IT * this.value(row, measure)) break;
      row = child;
    }
    this.#show();
  }

  #show(): void {
    const visible = new Uint32Array(this.count);
    let n = 0;
    const open: number[] = this.count > 0 ? [0] : [];
    for (let row = open.pop(); row !== undefined; row = open.pop()) {
      visible[n++] = row;
      if (this.#expanded[row] === 0) continue;
      const children = this.childrenOf(row);
      for (let i = children.length - 1; i >= 0; i--) open.push(children[i]!);
    }
    this.visible = visible.subarray(0, n);
  }
}
