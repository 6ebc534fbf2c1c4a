import { address } from "../model/format";
import { FREE, UNUSABLE } from "../model/memoryTypes";
import { BLOCK, type Rows } from "../model/rows";
import type { CellSource } from "./CellMap";
import { cssColour, pixelOf } from "./colours";

/** All gaps together take no more of the picture than this part of what is promised, and as much again goes to what is only
 * reserved: most of 128 TB is empty, and one hole, or one runtime's reservation, would otherwise be everything. */
const FOLDED_SHARE = 0.4;
const PAGE = 4096;

/**
 * The address space in order, gaps and large reservations folded. What holds memory or is promised it has its type's mark; what is only reserved has the
 * type's tint; free space the background.
 */
export class SpaceSource implements CellSource {
  readonly length: number;
  readonly least = 16 * PAGE;
  readonly #rows: Rows;
  /** Rows that cover the space: blocks, regions of one block, gaps; in order of address. */
  readonly #pieces: Uint32Array;
  /** Where each piece begins, in folded bytes. */
  readonly #starts: Float64Array;
  readonly #colours: Uint32Array;

  constructor(rows: Rows) {
    this.#rows = rows;
    const pieces: number[] = [];
    for (let row = 0; row < rows.count; row++) if (rows.childCount[row] === 0) pieces.push(row);
    // Blocks of one region may have another's between them.
    this.#pieces = Uint32Array.from(pieces).sort((a, b) => rows.address[a]! - rows.address[b]!);
    const [gapFold, reservedFold] = this.#folds();
    this.#starts = new Float64Array(this.#pieces.length + 1);
    this.#colours = new Uint32Array(this.#pieces.length);
    const [marks, tints] = ["mark", "tint"].map((kind) => Array.from({ length: 10 }, (_, type) => pixelOf(cssColour(`--${kind}-${type}`))));
    let at = 0;
    this.#pieces.forEach((row, i) => {
      const bytes = rows.end[row]! - rows.address[row]!;
      const promised = this.#isPromised(row);
      this.#starts[i] = at;
      at += rows.isGap(row) ? Math.min(bytes, gapFold) : promised ? bytes : Math.min(bytes, reservedFold);
      this.#colours[i] = (promised || rows.type[row] === UNUSABLE ? marks : tints)![rows.type[row]!]!;
    });
    this.#starts[this.#pieces.length] = at;
    this.length = Math.max(1, at);
  }

  /** The most that one gap, and one reservation, takes. */
  #folds(): [number, number] {
    let [promised, gaps, reserved] = [0, 0, 0];
    for (const row of this.#pieces) {
      if (this.#rows.isGap(row)) gaps++;
      else if (this.#isPromised(row)) promised += this.#rows.end[row]! - this.#rows.address[row]!;
      else reserved++;
    }
    const share = Math.max(PAGE, promised * FOLDED_SHARE);
    return [Math.max(PAGE, share / Math.max(1, gaps)), Math.max(PAGE, share / Math.max(1, reserved))];
  }

  #isPromised(row: number): boolean {
    return this.#rows.value(row, "committed") > 0 || this.#rows.value(row, "totalWs") > 0;
  }

  fill(from: number, width: number, cells: Uint32Array): void {
    let piece = this.#pieceAt(from);
    for (let i = 0; i < cells.length; i++) {
      const [start, end] = [from + i * width, from + (i + 1) * width];
      while (piece < this.#pieces.length - 1 && this.#starts[piece + 1]! <= start) piece++;
      let [best, most] = [piece, 0];
      // What is mapped wins over what is free: a page in a large hole is worth seeing.
      for (let p = piece; p < this.#pieces.length && this.#starts[p]! < end; p++) {
        const covered = Math.min(end, this.#starts[p + 1]!) - Math.max(start, this.#starts[p]!);
        const weight = this.#rows.type[this.#pieces[p]!] === FREE ? covered / 1e9 : covered;
        if (weight > most) [best, most] = [p, weight];
        piece = p;
      }
      cells[i] = start < this.length ? this.#colours[best]! : 0;
    }
  }

  label(unit: number): string {
    return unit < this.length ? address(this.addressOf(unit)) : "";
  }

  /** The address a unit stands for; in a folded gap an address in the same proportion. */
  addressOf(unit: number): number {
    const piece = this.#pieceAt(unit);
    const row = this.#pieces[piece]!;
    const [start, end] = [this.#starts[piece]!, this.#starts[piece + 1]!];
    const share = end > start ? Math.min(1, (unit - start) / (end - start)) : 0;
    const [first, last] = [this.#rows.address[row]!, this.#rows.end[row]!];
    return first + Math.floor((share * (last - first)) / PAGE) * PAGE;
  }

  /** The row a unit belongs to. */
  rowOf(unit: number): number {
    return this.#pieces[this.#pieceAt(unit)] ?? -1;
  }

  /** Where a row is in the picture: the middle of its first piece. */
  unitOf(row: number): number {
    const rows = this.#rows;
    const piece = this.#pieces.findIndex((p) => p === row || (rows.level[p] === BLOCK && rows.parent[p] === row));
    return piece < 0 ? -1 : (this.#starts[piece]! + this.#starts[piece + 1]!) / 2;
  }

  #pieceAt(unit: number): number {
    let [low, high] = [0, this.#pieces.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#starts[middle]! <= unit) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
