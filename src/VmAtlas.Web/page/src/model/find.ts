import type { ColumnSpec } from "./columns";
import { parseAddress } from "./format";
import type { Rows } from "./rows";

/**
 * The next row in which a column shows the text, from the row after (or before) the current one and around the end. Searches all
 * rows of the shown regions, opened or not. "at 7f12ab" finds what covers an address.
 */
export function findFrom(rows: Rows, columns: readonly ColumnSpec[], text: string, from: number, step: 1 | -1): number {
  const at = /^at\s+(\S+)$/i.exec(text.trim());
  if (at !== null) {
    const wanted = parseAddress(at[1]!);
    return wanted === undefined ? -1 : rows.rowAt(wanted);
  }
  const needle = text.toLowerCase();
  const order = rows.searchOrder;
  const start = order.indexOf(from);
  for (let i = 1; i <= order.length; i++) {
    const place = (((start < 0 && step < 0 ? 0 : start) + i * step) % order.length + order.length) % order.length;
    const row = order[place]!;
    if (columns.some((column) => rows.has(column.key) && rows.cell(row, column).toLowerCase().includes(needle))) return row;
  }
  return -1;
}
