import type { View } from "../ui/state";
import type { ColumnSpec } from "./columns";
import { kib } from "./format";
import type { Rows } from "./rows";

/** Rows as text for the clipboard: tab-separated, so that a spreadsheet takes them; blocks and pages are indented. With the process and the table of types before them when a view is given. */
export function rowsText(rows: Rows, columns: readonly ColumnSpec[], numbers: Uint32Array, view?: View): string {
  const known = columns.filter((column) => rows.has(column.key));
  const lines = [known.map((column) => column.title).join("\t")];
  for (const row of numbers) {
    const cells = known.map((column) => rows.cell(row, column));
    lines.push("  ".repeat(rows.level[row]!) + cells.join("\t"));
  }
  return (view === undefined ? [] : summaryLines(view)).concat(lines).join("\n") + "\n";
}

function summaryLines({ session, summary }: View): string[] {
  const measures = Object.keys(summary.summary[0] ?? {}).filter((key) => key !== "type");
  const lines = [`Process:\t${session.process.name}`, `PID:\t${session.process.pid}`, "", ["Type", ...measures].join("\t")];
  for (const row of summary.summary) {
    lines.push([row.type, ...measures.map((key) => cellOf(key, row[key]))].join("\t"));
  }
  return [...lines, ""];
}

function cellOf(key: string, value: number | string | undefined): string {
  if (typeof value !== "number") return "";
  return key === "blocks" || key === "regions" ? String(value) : kib(value);
}
