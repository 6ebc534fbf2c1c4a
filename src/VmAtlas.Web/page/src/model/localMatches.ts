import { COLUMNS } from "./columns";
import type { Matches, Rows } from "./rows";

/** The rows in which some column shows a text: what a report, which has no server to evaluate expressions, can filter by. */
export function textMatches(rows: Rows, text: string): Matches {
  const needle = text.trim().toLowerCase();
  const [regions, blocks] = [new Uint8Array((rows.count >> 3) + 1), new Uint8Array((maxIndex(rows) >> 3) + 1)];
  const columns = COLUMNS.filter((column) => rows.has(column.key));
  for (let row = 0; row < rows.count; row++) {
    if (rows.isGap(row) || !columns.some((column) => rows.cell(row, column).toLowerCase().includes(needle))) continue;
    const index = rows.index[row]!;
    const bits = rows.parent[row]! < 0 ? regions : blocks;
    bits[index >> 3]! |= 1 << (index & 7);
  }
  return { regions, blocks };
}

function maxIndex(rows: Rows): number {
  return rows.index.reduce((most, index) => Math.max(most, index), 0);
}
