import { address } from "../model/format";
import type { Frame } from "../model/frame";
import type { CellSource } from "./CellMap";
import { cssColour, pixelOf } from "./colours";

/** What a chunk's state is drawn in, by its number (ChunkState in the model). */
export const CHUNK_STATES: readonly { readonly name: string; readonly title: string; readonly colour: string }[] = [
  { name: "used", title: "in use", colour: "--mark-3" },
  { name: "mapped", title: "in use, mapped by itself", colour: "--mark-5" },
  { name: "free", title: "free, in a bin", colour: "--mark-1" },
  { name: "fastbin", title: "free, in a fastbin", colour: "--mark-2" },
  { name: "tcache", title: "free, in a thread's cache", colour: "--mark-4" },
  { name: "top", title: "top: not cut into chunks yet", colour: "--track" },
];

/** The bytes of one range of malloc's memory in order, each in the colour of its chunk's state. */
export class ChunkSource implements CellSource {
  readonly length: number;
  readonly least = 512;
  readonly #start: number;
  readonly #starts: ArrayLike<number>;
  readonly #sizes: ArrayLike<number>;
  readonly #states: ArrayLike<number>;
  readonly #pixels: readonly number[];

  /** From the first chunk to the end of the last: what a heap has reserved beyond is not malloc's yet. */
  static of(chunks: Frame): ChunkSource {
    const [starts, sizes] = ["chunk", "size"].map((key) => chunks.columns.get(key)!.values);
    const last = chunks.rows - 1;
    return last < 0 ? new ChunkSource(chunks, 0, 0) : new ChunkSource(chunks, starts![0]!, starts![last]! + sizes![last]!);
  }

  constructor(chunks: Frame, start: number, end: number) {
    [this.#start, this.length] = [start, Math.max(1, end - start)];
    [this.#starts, this.#sizes, this.#states] = ["chunk", "size", "state"].map((key) => chunks.columns.get(key)!.values) as [Float64Array, Float64Array, Uint8Array];
    this.#pixels = CHUNK_STATES.map(({ colour }) => pixelOf(cssColour(colour)));
  }

  /** A cell of several chunks has the mixture of their colours, by their bytes; bytes of no chunk leave it empty. */
  fill(from: number, width: number, cells: Uint32Array): void {
    const covered = new Float64Array(CHUNK_STATES.length);
    let chunk = this.#chunkAt(this.#start + from);
    for (let i = 0; i < cells.length; i++) {
      const [start, end] = [this.#start + from + i * width, this.#start + from + (i + 1) * width];
      while (chunk < this.#starts.length && this.#starts[chunk]! + this.#sizes[chunk]! <= start) chunk++;
      covered.fill(0);
      for (let c = chunk; c < this.#starts.length && this.#starts[c]! < end; c++) {
        covered[this.#states[c]!]! += Math.min(end, this.#starts[c]! + this.#sizes[c]!) - Math.max(start, this.#starts[c]!);
      }
      cells[i] = mixtureOf(covered, this.#pixels);
    }
  }

  label(unit: number): string {
    return unit < this.length ? address(this.#start + Math.floor(unit / 16) * 16) : "";
  }

  /** The chunk that a unit lies in; −1 for none. */
  rowOf(unit: number): number {
    const at = this.#start + unit;
    const chunk = this.#chunkAt(at);
    return chunk < this.#starts.length && this.#starts[chunk]! <= at && at < this.#starts[chunk]! + this.#sizes[chunk]! ? chunk : -1;
  }

  unitOf(row: number): number {
    return this.#starts[row]! - this.#start;
  }

  /** The last chunk that begins at or before an address; the first where none does. */
  #chunkAt(at: number): number {
    let [low, high] = [0, this.#starts.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#starts[middle]! <= at) low = middle + 1;
      else high = middle;
    }
    return Math.max(0, low - 1);
  }
}

/** The mean of pixels by weight; nothing where no weight is. */
function mixtureOf(weights: Float64Array, pixels: readonly number[]): number {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (total === 0) return 0;
  let pixel = 0xff000000;
  for (const shift of [0, 8, 16]) {
    let channel = 0;
    for (let i = 0; i < weights.length; i++) channel += weights[i]! * ((pixels[i]! >>> shift) & 0xff);
    pixel |= Math.round(channel / total) << shift;
  }
  return pixel >>> 0;
}
