import { FREE } from "./memoryTypes";
import type { Rows } from "./rows";

export interface HoleClass {
  /** Holes of this size up to twice it: a power of two. */
  readonly least: number;
  readonly count: number;
  readonly bytes: number;
}

export interface Holes {
  readonly count: number;
  readonly largest: number;
  /** All that is free. */
  readonly bytes: number;
  /** 1 − largest hole ÷ all free bytes: 0 when what is free is in one piece, near 1 when it is in crumbs. */
  readonly index: number;
  /** Largest first; sizes that no hole has are left out. */
  readonly classes: readonly HoleClass[];
}

/** The free holes of the address space by size. */
export function holesOf(rows: Rows): Holes {
  const classes = new Map<number, HoleClass>();
  let [count, largest, free] = [0, 0, 0];
  for (let row = 0; row < rows.count; row++) {
    if (rows.type[row] !== FREE) continue;
    const bytes = rows.end[row]! - rows.address[row]!;
    const least = 2 ** Math.floor(Math.log2(bytes));
    const before = classes.get(least);
    classes.set(least, { least, count: (before?.count ?? 0) + 1, bytes: (before?.bytes ?? 0) + bytes });
    count++;
    free += bytes;
    largest = Math.max(largest, bytes);
  }
  return { count, largest, bytes: free, index: free === 0 ? 0 : 1 - largest / free, classes: [...classes.values()].sort((a, b) => b.least - a.least) };
}
