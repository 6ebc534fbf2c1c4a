import { useEffect, useRef } from "preact/hooks";
import type { ColumnSpec } from "../model/columns";
import { timed } from "../model/timed";
import type { TableRows } from "../table/TableRows";
import { TreeTable } from "../table/TreeTable";

export interface FrameTableProps {
  readonly label: string;
  /** Its rows' ids begin with it. */
  readonly prefix: string;
  readonly rows: TableRows;
  readonly columns: readonly ColumnSpec[];
  readonly empty: string;
  readonly onCursor: (row: number) => void;
  /** Raised when the same rows were opened or closed from elsewhere. */
  readonly drawn?: number;
  /** A row to go to when that changes. */
  readonly shown?: number;
}

/** The details' table for other rows: half a million of them scroll and sort as well. Its columns are the view's own affair. */
export function FrameTable({ label, prefix, rows, columns, empty, onCursor, drawn = 0, shown: wanted }: FrameTableProps) {
  const place = useRef<HTMLDivElement>(null);
  const table = useRef<TreeTable | undefined>(undefined);
  const shown = useRef(rows);
  shown.current = rows;
  const cursor = useRef(onCursor);
  cursor.current = onCursor;
  useEffect(() => {
    if (place.current === null) return;
    const made = new TreeTable(
      place.current,
      label,
      {
        onSort: (key) => {
          const { sorting } = shown.current;
          timed("sort", () => shown.current.sort({ key, descending: sorting.key === key ? !sorting.descending : shown.current.largestFirst(key) }));
          made.setRows(shown.current, empty);
        },
        onSelect: (selection) => cursor.current(selection.cursor),
        onColumns: (changed) => made.setColumns(changed),
        onOpen: (row) => cursor.current(row),
        onToggle: (row, open) => {
          shown.current.setExpanded(row, open);
          made.setRows(shown.current, empty);
        },
      },
      prefix,
    );
    made.setColumns(columns);
    table.current = made;
    return () => made.dispose();
  }, []);
  useEffect(() => {
    table.current?.selection.clear();
    table.current?.setRows(rows, empty);
  }, [rows, empty, drawn]);
  useEffect(() => {
    if (wanted !== undefined && drawn > 0 && table.current?.selection.cursor !== wanted) table.current?.reveal(wanted);
  }, [wanted, drawn]);
  return <div class="frame-table" ref={place} />;
}
