import type { ColumnSpec } from "../model/columns";
import type { Sorting } from "../model/rows";

const NARROWEST = 36;
/** Pixels the mouse may move before a press is a drag. */
const DRAG_FROM = 5;

const NUMBERS: ReadonlySet<ColumnSpec["kind"]> = new Set(["bytes", "count", "exact", "known", "percent", "seconds"]);

/** Numbers of every kind stand to the right. */
export function cellClass({ kind }: ColumnSpec): string {
  return NUMBERS.has(kind) ? "bytes" : kind;
}

export interface HeaderEvents {
  onSort(key: string): void;
  /** Columns were moved or sized. */
  onColumns(columns: readonly ColumnSpec[]): void;
}

/** The titles above a table: a click sorts, a drag moves, a drag of the right edge sizes. */
export class Header {
  readonly element: HTMLDivElement;
  readonly #inner: HTMLDivElement;
  readonly #events: HeaderEvents;
  #columns: readonly ColumnSpec[] = [];
  #shown = "";

  constructor(events: HeaderEvents) {
    this.#events = events;
    this.element = document.createElement("div");
    this.element.className = "tree-header";
    this.element.setAttribute("role", "rowgroup");
    this.#inner = document.createElement("div");
    this.#inner.setAttribute("role", "row");
    this.#inner.className = "tree-titles";
    this.element.append(this.#inner);
  }

  show(columns: readonly ColumnSpec[], sorting: Sorting | undefined): void {
    const shown = JSON.stringify([columns, sorting]);
    if (shown === this.#shown) return;
    const focused = this.#focusedKey();
    this.#shown = shown;
    this.#columns = columns;
    let left = 0;
    this.#inner.replaceChildren(
      ...columns.map((column) => {
        const title = this.#title(column, left, sorting);
        left += column.width;
        return title;
      }),
    );
    this.#inner.style.width = `${left}px`;
    if (focused !== undefined) this.#inner.querySelector<HTMLElement>(`[data-key="${focused}"] button`)?.focus();
  }

  #focusedKey(): string | undefined {
    const focused = document.activeElement;
    return focused !== null && this.#inner.contains(focused) ? focused.parentElement?.dataset["key"] : undefined;
  }

  #title(column: ColumnSpec, left: number, sorting: Sorting | undefined): HTMLElement {
    const cell = document.createElement("div");
    cell.className = `title ${cellClass(column)}`;
    cell.dataset["key"] = column.key;
    cell.setAttribute("role", "columnheader");
    const sorted = sorting?.key === column.key;
    cell.setAttribute("aria-sort", sorted ? (sorting.descending ? "descending" : "ascending") : "none");
    cell.style.left = `${left}px`;
    cell.style.width = `${column.width}px`;
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = column.title;
    button.title = `${column.title}: click to sort, drag to move, Alt+arrow keys to move and size`;
    button.addEventListener("keydown", (event) => this.#key(event, column));
    const grip = document.createElement("span");
    grip.className = "grip";
    grip.addEventListener("pointerdown", (event) => this.#size(event, column));
    cell.append(button, grip);
    cell.addEventListener("pointerdown", (event) => this.#press(event, column, cell));
    button.addEventListener("click", (event) => {
      if (event.detail === 0) this.#events.onSort(column.key); // by keyboard; the mouse is told by #press
    });
    return cell;
  }

  /** Alt+Left and Alt+Right move the column, Alt+Up and Alt+Down size it. */
  #key(event: KeyboardEvent, column: ColumnSpec): void {
    if (!event.altKey) return;
    const at = this.#columns.indexOf(column);
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const growth = { ArrowUp: 8, ArrowDown: -8 }[event.key];
    if (step !== undefined) this.#move(column, Math.min(Math.max(at + step, 0), this.#columns.length - 1));
    if (growth !== undefined) this.#setWidth(column, column.width + growth);
    if (step !== undefined || growth !== undefined) event.preventDefault();
  }

  #press(event: PointerEvent, column: ColumnSpec, cell: HTMLElement): void {
    if (event.button !== 0) return;
    const from = event.clientX;
    cell.setPointerCapture(event.pointerId);
    const dragged = (e: PointerEvent): boolean => Math.abs(e.clientX - from) > DRAG_FROM;
    const move = (e: PointerEvent): void => {
      if (dragged(e)) cell.style.transform = `translateX(${e.clientX - from}px)`;
      cell.classList.toggle("dragged", dragged(e));
    };
    const up = (e: PointerEvent): void => {
      cell.removeEventListener("pointermove", move);
      cell.style.transform = "";
      cell.classList.remove("dragged");
      if (!dragged(e)) this.#events.onSort(column.key);
      else this.#move(column, this.#indexAt(e.clientX));
    };
    cell.addEventListener("pointermove", move);
    cell.addEventListener("pointerup", up, { once: true });
  }

  #size(event: PointerEvent, column: ColumnSpec): void {
    event.stopPropagation();
    const grip = event.currentTarget as HTMLElement;
    grip.setPointerCapture(event.pointerId);
    const from = event.clientX;
    grip.addEventListener("pointerup", (e) => this.#setWidth(column, column.width + e.clientX - from), { once: true });
  }

  #indexAt(clientX: number): number {
    let x = clientX - this.#inner.getBoundingClientRect().left;
    const index = this.#columns.findIndex((column) => (x -= column.width) < 0);
    return index < 0 ? this.#columns.length - 1 : index;
  }

  #move(column: ColumnSpec, to: number): void {
    const others = this.#columns.filter((c) => c !== column);
    this.#events.onColumns(others.toSpliced(to, 0, column));
  }

  #setWidth(column: ColumnSpec, width: number): void {
    this.#events.onColumns(this.#columns.map((c) => (c === column ? { ...c, width: Math.max(NARROWEST, width) } : c)));
  }
}
