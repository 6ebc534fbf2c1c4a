/**
 * A call tree as a picture: a box a call, as wide as its share, its callees below it. A click or Enter goes into a box, Escape out again; the arrow keys
 * walk. Boxes narrower than a pixel are left out, so that a picture of any tree costs what is seen of it.
 */

import { timed } from "../model/timed";
import type { CallTreeRows } from "../model/callTree";

const BOX_PX = 18;
const NARROWEST_PX = 0.7;
const LETTER_PX = 6.6;
const LEAST_LETTERS = 3;

export interface FlameGraphEvents {
  /** The row under the mouse or the keyboard's cursor; undefined when there is none. */
  onHover(row: number | undefined): void;
  onZoom(row: number): void;
}

interface Box {
  readonly row: number;
  readonly left: number;
  readonly top: number;
  readonly width: number;
}

export class FlameGraph {
  readonly #canvas: HTMLCanvasElement;
  readonly #events: FlameGraphEvents;
  readonly #resize: ResizeObserver;
  #rows: CallTreeRows | undefined;
  #measure = "liveBytes";
  #needle = "";
  /** The box that fills the width. */
  #root = 0;
  #cursor = 0;
  #firstDepth = 0;
  #frame = 0;
  /** What was drawn, from top to bottom and left to right. */
  #boxes: Box[] = [];

  constructor(canvas: HTMLCanvasElement, events: FlameGraphEvents) {
    this.#canvas = canvas;
    this.#events = events;
    canvas.tabIndex = 0;
    canvas.addEventListener("mousemove", (event) => events.onHover(this.#at(event)?.row));
    canvas.addEventListener("mouseleave", () => events.onHover(undefined));
    canvas.addEventListener("click", (event) => this.#click(event));
    canvas.addEventListener("keydown", (event) => this.#key(event));
    canvas.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    this.#resize = new ResizeObserver(() => this.draw());
    this.#resize.observe(canvas);
  }

  dispose(): void {
    this.#resize.disconnect();
    cancelAnimationFrame(this.#frame);
  }

  show(rows: CallTreeRows, measure: string): void {
    if (this.#rows !== rows) this.#root = this.#cursor = this.#firstDepth = 0;
    this.#rows = rows;
    this.#measure = measure;
    this.draw();
  }

  /** Marks the boxes with a text in their names. */
  search(needle: string): void {
    this.#needle = needle.toLowerCase();
    this.draw();
  }

  zoom(row: number): void {
    this.#root = this.#cursor = row;
    this.#firstDepth = 0;
    this.#events.onZoom(row);
    this.draw();
  }

  draw(): void {
    if (this.#frame !== 0) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      timed("flame", () => this.#draw());
    });
  }

  /** The boxes to be seen: the callers of the one that fills the width, it, and what it called. */
  #layOut(rows: CallTreeRows, width: number, height: number): Box[] {
    const callers: number[] = [];
    for (let row = rows.parent[this.#root]!; row >= 0; row = rows.parent[row]!) callers.unshift(row);
    const boxes: Box[] = callers.map((row, depth) => ({ row, left: 0, top: depth, width }));
    const next: Box[] = [{ row: this.#root, left: 0, top: callers.length, width }];
    const last = this.#firstDepth + height / BOX_PX;
    for (let box = next.pop(); box !== undefined; box = next.pop()) {
      boxes.push(box);
      const whole = rows.value(box.row, this.#measure);
      if (whole <= 0 || box.top >= last) continue;
      let { left } = box;
      for (const child of rows.childrenOf(box.row)) {
        const share = (box.width * rows.value(child, this.#measure)) / whole;
        if (share >= NARROWEST_PX) next.push({ row: child, left, top: box.top + 1, width: share });
        left += Math.max(0, share);
      }
    }
    return boxes;
  }

  #draw(): void {
    const [rows, canvas] = [this.#rows, this.#canvas];
    const context = canvas.getContext("2d");
    if (rows === undefined || context === null || canvas.clientWidth === 0) return;
    const scale = devicePixelRatio;
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    [canvas.width, canvas.height] = [Math.round(width * scale), Math.round(height * scale)];
    context.scale(scale, scale);
    context.font = `11px ui-monospace, "DejaVu Sans Mono", monospace`;
    context.textBaseline = "middle";
    this.#boxes = this.#layOut(rows, width, height);
    const style = getComputedStyle(canvas);
    for (const box of this.#boxes) this.#drawBox(context, rows, box, style.color);
  }

  #drawBox(context: CanvasRenderingContext2D, rows: CallTreeRows, { row, left, top, width }: Box, line: string): void {
    const y = (top - this.#firstDepth) * BOX_PX;
    if (y < 0 || y > this.#canvas.clientHeight) return;
    const name = rows.text(row, "label");
    const found = this.#needle !== "" && name.toLowerCase().includes(this.#needle);
    context.fillStyle = found ? "#5ec8f2" : colourOf(name);
    context.globalAlpha = row !== this.#root && rows.level[row]! < rows.level[this.#root]! ? 0.55 : 1;
    context.fillRect(left, y, Math.max(NARROWEST_PX, width - 1), BOX_PX - 1);
    context.globalAlpha = 1;
    const letters = Math.floor((width - 6) / LETTER_PX);
    if (letters >= LEAST_LETTERS) {
      context.fillStyle = "#1b1f24";
      context.fillText(name.length <= letters ? name : `${name.slice(0, letters - 1)}…`, left + 3, y + BOX_PX / 2);
    }
    if (row !== this.#cursor) return;
    context.strokeStyle = line;
    context.lineWidth = 2;
    context.strokeRect(left + 1, y + 1, Math.max(2, width - 3), BOX_PX - 3);
  }

  #at(event: MouseEvent): Box | undefined {
    const depth = Math.floor(event.offsetY / BOX_PX) + this.#firstDepth;
    return this.#boxes.find((box) => box.top === depth && event.offsetX >= box.left && event.offsetX < box.left + box.width);
  }

  #click(event: MouseEvent): void {
    const box = this.#at(event);
    if (box !== undefined) this.zoom(box.row);
  }

  #wheel(event: WheelEvent): void {
    const deepest = this.#boxes.reduce((most, box) => Math.max(most, box.top), 0);
    const first = Math.max(0, Math.min(deepest, this.#firstDepth + Math.sign(event.deltaY) * 3));
    if (first === this.#firstDepth) return;
    event.preventDefault();
    this.#firstDepth = first;
    this.draw();
  }

  #key(event: KeyboardEvent): void {
    const rows = this.#rows;
    if (rows === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
    const to = this.#target(rows, event.key);
    if (event.key === "Enter") this.zoom(this.#cursor);
    else if (event.key === "Escape" || event.key === "Backspace") this.zoom(Math.max(0, rows.parent[this.#root]!));
    else if (event.key === "Home") this.zoom(0);
    else if (to !== undefined && to >= 0) this.#walk(rows, to);
    else return;
    event.preventDefault();
  }

  /** Where a key leads: to the caller, the largest callee, or a neighbour that is drawn. */
  #target(rows: CallTreeRows, key: string): number | undefined {
    if (key === "ArrowUp") return Math.max(0, rows.parent[this.#cursor]!);
    const weight = (row: number): number => rows.value(row, this.#measure);
    if (key === "ArrowDown") return this.#below(rows, this.#cursor).reduce((most, row) => (most < 0 || weight(row) > weight(most) ? row : most), -1);
    const step = { ArrowLeft: -1, ArrowRight: 1 }[key];
    if (step === undefined) return undefined;
    const parent = rows.parent[this.#cursor]!;
    const siblings = parent < 0 ? [this.#cursor] : this.#below(rows, parent);
    return siblings[siblings.indexOf(this.#cursor) + step] ?? this.#cursor;
  }

  #below(rows: CallTreeRows, row: number): number[] {
    const drawn = new Set(this.#boxes.map((box) => box.row));
    return [...rows.childrenOf(row)].filter((child) => drawn.has(child));
  }

  #walk(rows: CallTreeRows, row: number): void {
    this.#cursor = row;
    const depth = rows.level[row]!;
    const shown = Math.floor(this.#canvas.clientHeight / BOX_PX);
    if (depth < this.#firstDepth || depth >= this.#firstDepth + shown) this.#firstDepth = Math.max(0, depth - Math.floor(shown / 2));
    this.#events.onHover(row);
    this.draw();
  }
}

/** Warm, light enough for dark text, and always the same for the same name. */
function colourOf(name: string): string {
  let hash = 2166136261;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 16777619) >>> 0;
  return `hsl(${hash % 50} ${70 + ((hash >>> 8) % 25)}% ${64 + ((hash >>> 16) % 12)}%)`;
}
