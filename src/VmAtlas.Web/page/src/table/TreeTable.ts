import type { ColumnSpec } from "../model/columns";
import { typeClass } from "../model/memoryTypes";
import { cellClass, Header } from "./Header";
import { Selection } from "./Selection";
import type { TableRows } from "./TableRows";
import { actionOf } from "./keys";

export const ROW_PX = 18;
/** As in app.css. */
const HEADER_PX = 22;
const TOGGLE_PX = 16;
export const INDENT_PX = 12;
/** Less where the first column is an address, which has to be whole. */
const ADDRESS_INDENT_PX = 8;
/** Deeper rows are not moved further in: a column has to hold their names. */
export const MOST_INDENTED = 24;
/** Browsers cut elements off at some height (Chromium 33.5 million px, Firefox about 17.9): above this, scrolling maps by ratio. */
const MAX_PX = 15_000_000;
const OVERSCAN = 4;

export interface TreeTableEvents {
  onSort(key: string): void;
  onSelect(selection: Selection): void;
  onColumns(columns: readonly ColumnSpec[]): void;
  /** Enter, or a double click on a row that has nothing to open. */
  onOpen(row: number): void;
  /** A row is to be opened or closed. */
  onToggle(row: number, open: boolean): void;
}

interface PooledRow {
  readonly element: HTMLDivElement;
  cells: { element: HTMLDivElement; text: Text }[];
  row: number;
  className: string;
  top: number;
}

/**
 * The details as a tree of rows: one element a visible row, kept in a pool and given other rows as the view scrolls. No framework:
 * 500,000 rows scroll as 50 do, because a frame moves elements and changes texts, and lays nothing else out.
 */
export class TreeTable {
  readonly selection: Selection;
  readonly #events: TreeTableEvents;
  /** The element that scrolls: the titles stick to its top. */
  readonly #root: HTMLElement;
  readonly #content: HTMLDivElement;
  readonly #empty: HTMLDivElement;
  readonly #header: Header;
  readonly #pool: PooledRow[] = [];
  readonly #resize: ResizeObserver;
  /** Before the row's number in the id of its element. */
  readonly #prefix: string;
  #rows: TableRows | undefined;
  #columns: readonly ColumnSpec[] = [];
  #frame = 0;

  constructor(root: HTMLElement, label: string, events: TreeTableEvents, prefix = "row") {
    this.#prefix = prefix;
    this.#root = root;
    this.#events = events;
    this.selection = new Selection();
    root.classList.add("tree");
    root.setAttribute("role", "treegrid");
    root.setAttribute("aria-label", label);
    root.setAttribute("aria-multiselectable", "true");
    this.#header = new Header({
      onSort: (key) => events.onSort(key),
      onColumns: (columns) => events.onColumns(columns),
    });
    this.#content = div("tree-content");
    this.#content.setAttribute("role", "rowgroup");
    this.#empty = div("tree-empty");
    root.tabIndex = 0;
    root.append(this.#header.element, this.#content, this.#empty);
    root.addEventListener("scroll", () => this.draw(), { passive: true });
    root.addEventListener("keydown", (event) => this.#key(event));
    this.#content.addEventListener("mousedown", (event) => this.#mouse(event));
    this.#content.addEventListener("dblclick", (event) => this.#doubleClick(event));
    this.#resize = new ResizeObserver(() => this.draw());
    this.#resize.observe(root);
  }

  dispose(): void {
    this.#resize.disconnect();
    cancelAnimationFrame(this.#frame);
    this.#root.replaceChildren();
  }

  setColumns(columns: readonly ColumnSpec[]): void {
    this.#columns = columns;
    this.#header.show(columns, this.#rows?.sorting);
    for (const pooled of this.#pool) pooled.element.remove();
    this.#pool.length = 0;
    this.#root.setAttribute("aria-colcount", String(columns.length));
    this.draw();
  }

  /** Shows other rows, or the same after they were sorted, filtered or opened. Keeps the place. */
  setRows(rows: TableRows, emptyText = ""): void {
    this.#rows = rows;
    this.#empty.textContent = rows.visible.length === 0 ? emptyText : "";
    this.#header.show(this.#columns, rows.sorting);
    this.#root.setAttribute("aria-rowcount", String(rows.visible.length));
    for (const pooled of this.#pool) pooled.row = -1;
    this.#content.style.height = `${this.#height()}px`;
    // The first rows are there with the first picture, not one frame later.
    if (this.#pool.length === 0) this.#draw();
    else this.draw();
  }

  /** Selects one row alone and brings it into view, opening its region if it is a block. */
  reveal(row: number): void {
    const rows = this.#rows;
    if (rows === undefined || row < 0) return;
    for (let above = rows.parent[row]!; above >= 0; above = rows.parent[above]!) rows.setExpanded(above, true);
    this.selection.only(row);
    this.setRows(rows);
    this.#scrollTo(rows.positionOf(row), true);
    this.#selected();
  }

  focus(): void {
    this.#root.focus();
  }

  /** Draws at the next frame, once however often it is asked for. */
  draw(): void {
    if (this.#frame !== 0) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      this.#draw();
    });
  }

  #draw(): void {
    const rows = this.#rows;
    if (rows === undefined) return;
    const onScreen = Math.ceil(this.#shownHeight / ROW_PX) + 2 * OVERSCAN;
    this.#fillPool(onScreen);
    const first = Math.max(0, this.#topPosition() - OVERSCAN);
    const offset = this.#root.scrollTop - this.#exactTop() * ROW_PX;
    for (let i = 0; i < this.#pool.length; i++) {
      const position = first + i;
      const pooled = this.#pool[position % this.#pool.length]!;
      if (position >= rows.visible.length) this.#hide(pooled);
      else this.#place(pooled, rows, position, Math.round(position * ROW_PX + offset));
    }
    const active = rows.positionOfCursor(this.selection.cursor);
    if (active >= first && active < first + this.#pool.length) this.#root.setAttribute("aria-activedescendant", `${this.#prefix}-${this.selection.cursor}`);
    else this.#root.removeAttribute("aria-activedescendant");
  }

  #place(pooled: PooledRow, rows: TableRows, position: number, top: number): void {
    const row = rows.visible[position]!;
    if (pooled.top !== top) {
      pooled.top = top;
      pooled.element.style.transform = `translateY(${top}px)`;
    }
    const className = this.#classOf(rows, row);
    if (pooled.className !== className) pooled.element.className = pooled.className = className;
    if (pooled.row === row) return;
    pooled.row = row;
    const { element } = pooled;
    element.id = `${this.#prefix}-${row}`;
    element.setAttribute("aria-rowindex", String(position + 1));
    element.setAttribute("aria-level", String(rows.level[row]! + 1));
    element.style.setProperty("--indent", `${this.#indent(rows, row)}px`);
    if (rows.opens(row)) element.setAttribute("aria-expanded", String(rows.isExpanded(row)));
    else element.removeAttribute("aria-expanded");
    this.#columns.forEach((column, i) => {
      const cell = pooled.cells[i]!;
      const text = rows.cell(row, column);
      if (cell.text.data !== text) cell.text.data = text;
      if (column.kind !== "bytes") return;
      const className = rows.signed ? `cell bytes ${signClass(rows.value(row, column.key))}` : "cell bytes";
      if (cell.element.className !== className) cell.element.className = className;
    });
  }

  #classOf(rows: TableRows, row: number): string {
    const parts = ["row", typeClass(rows.type[row]!)];
    if (rows.level[row]! > 0) parts.push("block");
    if (rows.opens(row)) parts.push(rows.isExpanded(row) ? "open" : "closed");
    if (this.selection.has(row)) parts.push("selected");
    if (this.selection.cursor === row) parts.push("cursor");
    const change = rows.changeOf(row);
    if (change !== "") parts.push(change);
    return parts.join(" ");
  }

  /** Whether a column is made for showing how deep a row is. */
  get #isTree(): boolean {
    return this.#columns.some((column) => column.kind === "tree");
  }

  #indent(rows: TableRows, row: number): number {
    return Math.min(rows.level[row]!, MOST_INDENTED) * (this.#isTree ? INDENT_PX : ADDRESS_INDENT_PX);
  }

  #hide(pooled: PooledRow): void {
    if (pooled.top === -1) return;
    pooled.top = -1;
    pooled.row = -1;
    pooled.element.style.transform = "translateY(-100px)";
    pooled.element.removeAttribute("id");
  }

  #fillPool(count: number): void {
    while (this.#pool.length > count) this.#pool.pop()!.element.remove();
    if (this.#pool.length === count) return;
    for (const pooled of this.#pool) pooled.row = -1;
    while (this.#pool.length < count) {
      const element = div("row");
      element.setAttribute("role", "row");
      let left = 0;
      const cells = this.#columns.map((column, i) => {
        const cell = div(`cell ${cellClass(column)}`);
        cell.setAttribute("role", "gridcell");
        cell.style.left = `${left}px`;
        // The last column takes what is left of the window: it is the details, which are seldom short.
        if (i < this.#columns.length - 1) cell.style.width = `${column.width}px`;
        else cell.style.right = "0";
        left += column.width;
        const text = document.createTextNode("");
        cell.append(text);
        element.append(cell);
        return { element: cell, text };
      });
      element.style.minWidth = `${left}px`;
      this.#content.append(element);
      this.#pool.push({ element, cells, row: -1, className: "", top: -2 });
    }
    this.#content.style.minWidth = `${this.#columns.reduce((sum, c) => sum + c.width, 0)}px`;
  }

  /** Pixels in which rows are seen: the titles cover the rest. */
  get #shownHeight(): number {
    return this.#root.clientHeight - HEADER_PX;
  }

  #height(): number {
    return Math.min(MAX_PX, (this.#rows?.visible.length ?? 0) * ROW_PX);
  }

  /** The position at the top of the view, in rows and parts of a row. Equal to scrollTop / ROW_PX unless the content is cut off. */
  #exactTop(): number {
    const total = (this.#rows?.visible.length ?? 0) * ROW_PX;
    const { scrollTop } = this.#root;
    if (total <= MAX_PX) return scrollTop / ROW_PX;
    return ((scrollTop / (MAX_PX - this.#shownHeight)) * (total - this.#shownHeight)) / ROW_PX;
  }

  #topPosition(): number {
    return Math.floor(this.#exactTop());
  }

  #scrollTo(position: number, centre = false): void {
    if (position < 0) return;
    const height = this.#shownHeight;
    const onScreen = Math.max(1, Math.floor(height / ROW_PX));
    const top = this.#exactTop();
    if (position >= top && position + 1 <= top + onScreen) return;
    const wanted = centre ? position - onScreen / 2 : position < top ? position : position + 1 - height / ROW_PX;
    const total = (this.#rows?.visible.length ?? 0) * ROW_PX;
    const px = Math.max(0, wanted * ROW_PX);
    this.#root.scrollTop = total <= MAX_PX ? px : (px / (total - height)) * (MAX_PX - height);
    this.draw();
  }

  #selected(): void {
    this.draw();
    this.#events.onSelect(this.selection);
  }

  #rowOf(event: MouseEvent): number {
    const element = (event.target as Element).closest<HTMLElement>(".row");
    return this.#pool.find((pooled) => pooled.element === element)?.row ?? -1;
  }

  #mouse(event: MouseEvent): void {
    const rows = this.#rows;
    const row = this.#rowOf(event);
    if (rows === undefined || row < 0 || event.button !== 0) return;
    const left = event.clientX - this.#content.getBoundingClientRect().left - this.#indent(rows, row);
    if (left < TOGGLE_PX && rows.opens(row)) {
      this.#toggle(row, !rows.isExpanded(row));
      event.preventDefault();
      return;
    }
    if (event.shiftKey) this.selection.extendTo(row, rows.visible);
    else if (event.ctrlKey || event.metaKey) this.selection.toggle(row);
    else this.selection.only(row);
    this.#selected();
  }

  #doubleClick(event: MouseEvent): void {
    const row = this.#rowOf(event);
    if (row < 0 || this.#rows === undefined) return;
    if (this.#rows.opens(row)) this.#toggle(row, !this.#rows.isExpanded(row));
    else this.#events.onOpen(row);
  }

  #toggle(row: number, open: boolean): void {
    this.#events.onToggle(row, open);
  }

  #key(event: KeyboardEvent): void {
    const rows = this.#rows;
    const action = actionOf(event);
    if (rows === undefined || action === undefined || rows.visible.length === 0) return;
    event.preventDefault();
    const { cursor } = this.selection;
    const position = rows.positionOfCursor(cursor);
    const page = Math.max(1, Math.floor(this.#shownHeight / ROW_PX) - 1);
    switch (action) {
      case "open":
        if (cursor >= 0 && rows.opens(cursor) && !rows.isExpanded(cursor)) this.#toggle(cursor, true);
        else if (cursor >= 0 && rows.isExpanded(cursor)) this.#moveTo(rows, position + 1, false);
        break;
      case "close":
        if (cursor >= 0 && rows.isExpanded(cursor)) this.#toggle(cursor, false);
        else if (cursor >= 0 && rows.parent[cursor]! >= 0) this.#moveTo(rows, rows.positionOf(rows.parent[cursor]!), false);
        break;
      case "all":
        this.selection.all(rows.visible);
        this.#selected();
        break;
      case "enter":
        if (cursor >= 0) this.#events.onOpen(cursor);
        break;
      case "home":
        this.#moveTo(rows, 0, event.shiftKey);
        break;
      case "end":
        this.#moveTo(rows, rows.visible.length - 1, event.shiftKey);
        break;
      case "up":
      case "down":
      case "pageUp":
      case "pageDown": {
        const step = { up: -1, down: 1, pageUp: -page, pageDown: page }[action];
        this.#moveTo(rows, position < 0 ? 0 : position + step, event.shiftKey);
      }
    }
  }

  #moveTo(rows: TableRows, position: number, extend: boolean): void {
    const clamped = Math.min(Math.max(position, 0), rows.visible.length - 1);
    const row = rows.visible[clamped]!;
    if (extend) this.selection.extendTo(row, rows.visible);
    else this.selection.only(row);
    this.#scrollTo(clamped);
    this.#selected();
  }
}

function signClass(value: number): string {
  return value > 0 ? "grown" : value < 0 ? "shrunk" : "";
}

function div(className: string): HTMLDivElement {
  const element = document.createElement("div");
  element.className = className;
  return element;
}
