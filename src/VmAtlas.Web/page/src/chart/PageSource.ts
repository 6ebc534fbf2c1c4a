import { address } from "../model/format";
import { isDirty, PAGE_KINDS, pageKind } from "../model/pages";
import type { CellSource } from "./CellMap";
import { between, cssColour, pixelOf } from "./colours";

/**
 * The pages of a region in order. A cell of several pages has the colour of the most of them that are present, if any is,
 * halfway to the text's where one of the pages was written since the last mark.
 */
export class PageSource implements CellSource {
  readonly length: number;
  readonly least = 32;
  readonly #start: number;
  readonly #pageSize: number;
  readonly #kinds: Uint8Array;
  readonly #dirty: Uint8Array;
  readonly #pixels: readonly number[];
  readonly #dirtyPixels: readonly number[];
  /** Pages written since the last mark: none where the kernel does not track it. */
  readonly dirty: number;

  constructor(start: number, pageSize: number, states: Uint8Array) {
    [this.#start, this.#pageSize, this.length] = [start, pageSize, states.length];
    const ofState = Uint8Array.from({ length: 256 }, (_, state) => pageKind(state));
    this.#kinds = states.map((state) => ofState[state]!);
    this.#dirty = states.map((state) => (isDirty(state) ? 1 : 0));
    this.dirty = this.#dirty.reduce((sum, dirty) => sum + dirty, 0);
    this.#pixels = PAGE_KINDS.map((kind) => pixelOf(cssColour(kind.colour)));
    const text = pixelOf(cssColour("--text"));
    this.#dirtyPixels = this.#pixels.map((pixel) => between(pixel, text));
  }

  /** Pages of each kind. */
  get counts(): number[] {
    const counts = PAGE_KINDS.map(() => 0);
    for (const kind of this.#kinds) counts[kind]!++;
    return counts;
  }

  fill(from: number, width: number, cells: Uint32Array): void {
    const absent = PAGE_KINDS.length - 1;
    const seen = new Uint32Array(PAGE_KINDS.length);
    for (let i = 0; i < cells.length; i++) {
      const first = Math.floor(from + i * width);
      const last = Math.min(this.length, Math.max(first + 1, Math.floor(from + (i + 1) * width)));
      if (first >= this.length) continue;
      seen.fill(0);
      let dirty = 0;
      for (let page = first; page < last; page++) {
        seen[this.#kinds[page]!]!++;
        dirty |= this.#dirty[page]!;
      }
      let best = absent;
      for (let kind = 0; kind < absent; kind++) if (seen[kind]! > 0 && (best === absent || seen[kind]! > seen[best]!)) best = kind;
      cells[i] = (dirty === 1 ? this.#dirtyPixels : this.#pixels)[best]!;
    }
  }

  label(unit: number): string {
    return unit < this.length ? address(this.addressOf(unit)) : "";
  }

  addressOf(unit: number): number {
    return this.#start + Math.floor(unit) * this.#pageSize;
  }
}
