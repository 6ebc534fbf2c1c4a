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
    this.#pieces = piecesOf(rows);
    const promised = promisedOf(rows, this.#pieces);
    const [gapFold, reservedFold] = this.#folds(promised);
    this.#starts = new Float64Array(this.#pieces.length + 1);
    this.#colours = new Uint32Array(this.#pieces.length);
    const [marks, tints] = ["mark", "tint"].map((kind) => Array.from({ length: 10 }, (_, type) => pixelOf(cssColour(`--${kind}-${type}`))));
    const { address, end, type } = rows;
    let at = 0;
    for (let i = 0; i < this.#pieces.length; i++) {
      const row = this.#pieces[i]!;
      const bytes = end[row]! - address[row]!;
      const own = type[row]!;
      this.#starts[i] = at;
      at += own >= UNUSABLE ? Math.min(bytes, gapFold) : promised[i] === 1 ? bytes : Math.min(bytes, reservedFold);
      this.#colours[i] = (promised[i] === 1 || own === UNUSABLE ? marks : tints)![own]!;
    }
    this.#starts[this.#pieces.length] = at;
    this.length = Math.max(1, at);
  }

  /** The most that one gap, and one reservation, takes. */
  #folds(promised: Uint8Array): [number, number] {
    const { address, end, type } = this.#rows;
    let [bytes, gaps, reserved] = [0, 0, 0];
    for (let i = 0; i < this.#pieces.length; i++) {
      const row = this.#pieces[i]!;
      if (type[row]! >= UNUSABLE) gaps++;
      else if (promised[i] === 1) bytes += end[row]! - address[row]!;
      else reserved++;
    }
    const share = Math.max(PAGE, bytes * FOLDED_SHARE);
    return [Math.max(PAGE, share / Math.max(1, gaps)), Math.max(PAGE, share / Math.max(1, reserved))];
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

/** Rows that have no rows below them, in order of address: the frame's order, unless blocks of one region have another's between them. */
function piecesOf({ count, childCount, address }: Rows): Uint32Array {
  const pieces = new Uint32Array(count);
  let [n, ordered] = [0, true];
  for (let row = 0; row < count; row++) {
    if (childCount[row] !== 0) continue;
    if (n > 0 && address[pieces[n - 1]!]! > address[row]!) ordered = false;
    pieces[n++] = row;
  }
  const found = pieces.subarray(0, n);
  return ordered ? found : found.sort((a, b) => address[a]! - address[b]!);
}

/** 1 for pieces that hold memory or are promised it. */
function promisedOf({ frame }: Rows, pieces: Uint32Array): Uint8Array {
  const promised = new Uint8Array(pieces.length);
  for (const key of ["committed", "totalWs"]) {
    const values = frame.columns.get(key)?.values;
    if (values === undefined) continue;
    for (let i = 0; i < pieces.length; i++) if (values[pieces[i]!]! > 0) promised[i] = 1;
  }
  return promised;
}
