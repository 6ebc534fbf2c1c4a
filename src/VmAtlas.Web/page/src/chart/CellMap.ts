/**
 * A long line of things, wrapped into rows of small cells on a canvas: the address space, or the pages of a region. Zooms with the
 * wheel and + and −, moves with the arrow keys and by dragging; a click chooses. All cells of a view are painted into one ImageData.
 */

import { timed } from "../model/timed";

const CELL_PX = 4;
const ROW_PX = 11;
const ROW_GAP_PX = 2;
const LABEL_PX = 118;
const ZOOM = 1.25;
/** Pixels the mouse may move before a press is a drag. */
const DRAG_FROM = 4;

/** What is drawn, in units of its own: bytes with the gaps folded, or pages. */
export interface CellSource {
  readonly length: number;
  /** The least that a view may show. */
  readonly least: number;
  /** Fills cells of a width in units, the first beginning at a unit, with pixels of the theme. */
  fill(from: number, width: number, cells: Uint32Array): void;
  /** At the left of a row. */
  label(unit: number): string;
}

export interface CellMapEvents {
  /** The unit under the mouse or the keyboard's cursor; undefined when there is none. */
  onHover(unit: number | undefined): void;
  onChoose(unit: number): void;
}

export class CellMap {
  readonly #canvas: HTMLCanvasElement;
  readonly #events: CellMapEvents;
  readonly #resize: ResizeObserver;
  #source: CellSource | undefined;
  #from = 0;
  #to = 1;
  #frame = 0;
  #cursor = -1;
  #press: { x: number; y: number; from: number; dragged: boolean } | undefined;

  constructor(canvas: HTMLCanvasElement, events: CellMapEvents) {
    this.#canvas = canvas;
    this.#events = events;
    canvas.tabIndex = 0;
    canvas.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    canvas.addEventListener("keydown", (event) => this.#key(event));
    canvas.addEventListener("pointerdown", (event) => this.#down(event));
    canvas.addEventListener("pointermove", (event) => this.#move(event));
    canvas.addEventListener("pointerup", (event) => this.#up(event));
    canvas.addEventListener("pointerleave", () => events.onHover(undefined));
    this.#resize = new ResizeObserver(() => this.draw());
    this.#resize.observe(canvas);
  }

  dispose(): void {
    this.#resize.disconnect();
    cancelAnimationFrame(this.#frame);
  }

  /** Draws another source, from end to end, or in the same view if it is as long. */
  show(source: CellSource): void {
    if (this.#source?.length !== source.length) [this.#from, this.#to] = [0, source.length];
    this.#source = source;
    this.draw();
  }

  /** Marks a unit, and moves the view if it is outside. */
  mark(unit: number): void {
    this.#cursor = unit;
    const width = this.#to - this.#from;
    if (unit >= 0 && (unit < this.#from || unit >= this.#to)) this.#view(unit - width / 2, unit + width / 2);
    this.draw();
  }

  /** Zooms about a unit: a factor below 1 goes nearer. */
  zoom(factor: number, about = this.#cursor >= this.#from && this.#cursor < this.#to ? this.#cursor : (this.#from + this.#to) / 2): void {
    this.#view(about - (about - this.#from) * factor, about + (this.#to - about) * factor);
  }

  whole(): void {
    this.#view(0, this.#source?.length ?? 1);
  }

  draw(): void {
    if (this.#frame !== 0) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      timed("cells", () => this.#draw());
    });
  }

  get #columns(): number {
    return Math.max(1, Math.floor((this.#canvas.clientWidth - LABEL_PX) / CELL_PX));
  }

  get #rows(): number {
    return Math.max(1, Math.floor(this.#canvas.clientHeight / ROW_PX));
  }

  #view(from: number, to: number): void {
    const source = this.#source;
    if (source === undefined) return;
    const width = Math.min(source.length, Math.max(source.least, to - from));
    this.#from = Math.min(Math.max(0, from), source.length - width);
    this.#to = this.#from + width;
    this.draw();
  }

  #draw(): void {
    const source = this.#source;
    const canvas = this.#canvas;
    const context = canvas.getContext("2d");
    if (source === undefined || context === null || canvas.clientWidth === 0 || canvas.clientHeight === 0) return;
    const scale = devicePixelRatio;
    const [width, height] = [Math.round(canvas.clientWidth * scale), Math.round(canvas.clientHeight * scale)];
    if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
    const [columns, rows] = [this.#columns, this.#rows];
    const cells = new Uint32Array(columns * rows);
    const perCell = (this.#to - this.#from) / cells.length;
    source.fill(this.#from, perCell, cells);
    context.clearRect(0, 0, width, height);
    const left = Math.round(LABEL_PX * scale);
    const image = context.createImageData(Math.max(1, width - left), height);
    this.#paint(new Uint32Array(image.data.buffer), image.width, image.height, cells, columns, rows, scale);
    context.putImageData(image, left, 0);
    context.scale(scale, scale);
    const style = getComputedStyle(canvas);
    context.font = `10px ui-monospace, "DejaVu Sans Mono", monospace`;
    context.fillStyle = style.color;
    context.textBaseline = "top";
    for (let row = 0; row < rows; row++) context.fillText(source.label(this.#from + row * columns * perCell), 4, row * ROW_PX);
    this.#drawCursor(context, perCell, columns, style.color);
    context.setTransform(1, 0, 0, 1, 0, 0);
  }

  #paint(pixels: Uint32Array, width: number, height: number, cells: Uint32Array, columns: number, rows: number, scale: number): void {
    const line = new Uint32Array(width);
    for (let row = 0; row < rows; row++) {
      for (let x = 0; x < width; x++) {
        const column = Math.floor(x / scale / CELL_PX);
        line[x] = column < columns ? cells[row * columns + column]! : 0;
      }
      const top = Math.round(row * ROW_PX * scale);
      const bottom = Math.min(height, Math.round((row * ROW_PX + ROW_PX - ROW_GAP_PX) * scale));
      for (let y = top; y < bottom; y++) pixels.set(line, y * width);
    }
  }

  #drawCursor(context: CanvasRenderingContext2D, perCell: number, columns: number, colour: string): void {
    if (this.#cursor < this.#from || this.#cursor >= this.#to) return;
    const cell = Math.floor((this.#cursor - this.#from) / perCell);
    context.strokeStyle = colour;
    context.lineWidth = 2;
    context.strokeRect(LABEL_PX + (cell % columns) * CELL_PX - 1, Math.floor(cell / columns) * ROW_PX - 1, CELL_PX + 2, ROW_PX);
  }

  #unitAt(event: { offsetX: number; offsetY: number }): number | undefined {
    const [columns, rows] = [this.#columns, this.#rows];
    const column = Math.floor((event.offsetX - LABEL_PX) / CELL_PX);
    const row = Math.floor(event.offsetY / ROW_PX);
    if (column < 0 || column >= columns || row < 0 || row >= rows) return undefined;
    const perCell = (this.#to - this.#from) / (columns * rows);
    return this.#from + (row * columns + column + 0.5) * perCell;
  }

  #wheel(event: WheelEvent): void {
    event.preventDefault();
    if (event.shiftKey) this.#pan(Math.sign(event.deltaY) * 0.1);
    else this.zoom(event.deltaY > 0 ? ZOOM : 1 / ZOOM, this.#unitAt(event));
  }

  #pan(share: number): void {
    const by = (this.#to - this.#from) * share;
    this.#view(this.#from + by, this.#to + by);
  }

  #down(event: PointerEvent): void {
    this.#press = { x: event.clientX, y: event.clientY, from: this.#from, dragged: false };
    this.#canvas.setPointerCapture(event.pointerId);
  }

  #move(event: PointerEvent): void {
    const press = this.#press;
    if (press === undefined) {
      this.#events.onHover(this.#unitAt(event));
      return;
    }
    const [dx, dy] = [event.clientX - press.x, event.clientY - press.y];
    if (!press.dragged && Math.hypot(dx, dy) < DRAG_FROM) return;
    press.dragged = true;
    const [columns, rows] = [this.#columns, this.#rows];
    const cells = dx / CELL_PX + (dy / ROW_PX) * columns;
    const width = this.#to - this.#from;
    const from = press.from - (cells * width) / (columns * rows);
    this.#view(from, from + width);
  }

  #up(event: PointerEvent): void {
    const press = this.#press;
    this.#press = undefined;
    const unit = this.#unitAt(event);
    if (press?.dragged === false && unit !== undefined) this.#choose(unit);
  }

  #choose(unit: number): void {
    this.#cursor = unit;
    this.draw();
    this.#events.onChoose(unit);
  }

  #key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const perCell = (this.#to - this.#from) / (this.#columns * this.#rows);
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -this.#columns, ArrowDown: this.#columns }[event.key];
    if (step !== undefined) {
      const at = this.#cursor < 0 ? this.#from : this.#cursor + step * perCell;
      this.mark(Math.min(Math.max(0, at), (this.#source?.length ?? 1) - 1));
      this.#events.onHover(this.#cursor);
    } else if (event.key === "+" || event.key === "=") this.zoom(1 / ZOOM);
    else if (event.key === "-") this.zoom(ZOOM);
    else if (event.key === "PageDown") this.#pan(0.9);
    else if (event.key === "PageUp") this.#pan(-0.9);
    else if (event.key === "Home" || event.key === "0") this.whole();
    else if (event.key === "Enter" && this.#cursor >= 0) this.#choose(this.#cursor);
    else return;
    event.preventDefault();
  }
}
