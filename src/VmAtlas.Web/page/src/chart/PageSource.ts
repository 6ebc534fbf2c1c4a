import { address } from "../model/format";
import type { CellSource } from "./CellMap";
import { cssColour, pixelOf } from "./colours";

const [PRESENT, SWAPPED, FILE, EXCLUSIVE, ZERO, HUGE, GUARD, DIRTY] = [1, 2, 4, 8, 16, 32, 64, 128];

/** What a page's state is called and drawn in; the first that fits a page is its kind. */
export const PAGE_KINDS: readonly { readonly title: string; readonly colour: string; readonly fits: (state: number) => boolean }[] = [
  { title: "guard", colour: "--mark-8", fits: (s) => (s & GUARD) !== 0 },
  { title: "zero page", colour: "--tint-1", fits: (s) => (s & ZERO) !== 0 },
  { title: "swapped out", colour: "--mark-7", fits: (s) => (s & SWAPPED) !== 0 && (s & PRESENT) === 0 },
  { title: "huge", colour: "--mark-0", fits: (s) => (s & HUGE) !== 0 && (s & PRESENT) !== 0 },
  { title: "private", colour: "--mark-3", fits: (s) => (s & PRESENT) !== 0 && (s & FILE) === 0 && (s & EXCLUSIVE) !== 0 },
  { title: "private, shared after fork", colour: "--mark-5", fits: (s) => (s & PRESENT) !== 0 && (s & FILE) === 0 },
  { title: "file or shared, only here", colour: "--mark-1", fits: (s) => (s & PRESENT) !== 0 && (s & EXCLUSIVE) !== 0 },
  { title: "file or shared, by others too", colour: "--mark-2", fits: (s) => (s & PRESENT) !== 0 },
  { title: "not present", colour: "--track", fits: () => true },
];

export function pageKind(state: number): number {
  return PAGE_KINDS.findIndex((kind) => kind.fits(state));
}

/** Everything that is known of a page, in words. */
export function pageText(state: number): string {
  const words = [PAGE_KINDS[pageKind(state)]!.title];
  if ((state & HUGE) !== 0 && (state & PRESENT) !== 0) words.push((state & FILE) !== 0 ? "of a file or shared" : "private");
  if ((state & DIRTY) !== 0) words.push("written since the last mark");
  return words.join(", ");
}

/** The pages of a region in order. A cell of several pages has the colour of the most of them that are present, if any is. */
export class PageSource implements CellSource {
  readonly length: number;
  readonly least = 32;
  readonly #start: number;
  readonly #pageSize: number;
  readonly #kinds: Uint8Array;
  readonly #pixels: readonly number[];

  constructor(start: number, pageSize: number, states: Uint8Array) {
    [this.#start, this.#pageSize, this.length] = [start, pageSize, states.length];
    const ofState = Uint8Array.from({ length: 256 }, (_, state) => pageKind(state));
    this.#kinds = states.map((state) => ofState[state]!);
    this.#pixels = PAGE_KINDS.map((kind) => pixelOf(cssColour(kind.colour)));
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
      for (let page = first; page < last; page++) seen[this.#kinds[page]!]!++;
      let best = absent;
      for (let kind = 0; kind < absent; kind++) if (seen[kind]! > 0 && (best === absent || seen[kind]! > seen[best]!)) best = kind;
      cells[i] = this.#pixels[best]!;
    }
  }

  label(unit: number): string {
    return unit < this.length ? address(this.addressOf(unit)) : "";
  }

  addressOf(unit: number): number {
    return this.#start + Math.floor(unit) * this.#pageSize;
  }
}
