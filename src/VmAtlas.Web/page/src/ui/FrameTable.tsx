import { useEffect, useRef } from "preact/hooks";
import type { ColumnSpec } from "../model/columns";
import type { Rows } from "../model/rows";
import { timed } from "../model/timed";
import { TreeTable } from "../table/TreeTable";

export interface FrameTableProps {
  readonly label: string;
  /** Its rows' ids begin with it. */
  readonly prefix: string;
  readonly rows: Rows;
  readonly columns: readonly ColumnSpec[];
  readonly empty: string;
  readonly onCursor: (row: number) => void;
}

/** The details' table for other rows: half a million of them scroll and sort as well. Its columns are the view's own affair. */
export function FrameTable({ label, prefix, rows, columns, empty, onCursor }: FrameTableProps) {
  const place = useRef<HTMLDivElement>(null);
  const table = useRef<TreeTable | undefined>(undefined);
  const shown = useRef(rows);
  shown.current = rows;
  useEffect(() => {
    if (place.current === null) return;
    const made = new TreeTable(
      place.current,
      label,
      {
        onSort: (key) => {
          const { sorting, frame } = shown.current;
          const first = frame.columns.get(key)?.unit === "B";
          timed("sort", () => shown.current.sort({ key, descending: sorting.key === key ? !sorting.descending : first }));
          made.setRows(shown.current, empty);
        },
        onSelect: (selection) => onCursor(selection.cursor),
        onColumns: (changed) => made.setColumns(changed),
        onOpen: onCursor,
        onToggle: () => undefined,
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
  }, [rows, empty]);
  return <div class="frame-table" ref={place} />;
}
