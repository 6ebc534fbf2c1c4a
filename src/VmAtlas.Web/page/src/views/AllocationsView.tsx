import { useEffect, useState } from "preact/hooks";
import { columnOf, type ColumnSpec } from "../model/columns";
import { address, counted, size } from "../model/format";
import { FREE, HEAP } from "../model/memoryTypes";
import { flatRows } from "../model/rows";
import { FrameTable } from "../ui/FrameTable";
import { StackPanel } from "./StackPanel";
import { isTraced, NOT_TOLD, TraceBar, useAnswer, useTraces } from "./traces";
import type { ViewProps, ViewSpec } from "./view";

export const allocationsView: ViewSpec = {
  name: "allocations",
  title: "Live Allocations",
  label: "Live Allocations",
  keys: "Alt+K",
  offered: isTraced,
  Panel: AllocationsView,
};

const COLUMNS: readonly ColumnSpec[] = [
  columnOf("address", "Address", "address", 150),
  columnOf("size", "Bytes", "exact", 86),
  columnOf("age", "Age (s)", "seconds", 100),
  columnOf("function", "Function", "text", 100),
  columnOf("thread", "Thread", "text", 130),
  columnOf("site", "Site", "count", 60),
  columnOf("call", "Call", "text", 360),
];

/** The blocks that were allocated and not given back: of the selected region, or all. */
function AllocationsView({ app, state, view }: ViewProps) {
  const [all, setAll] = useState(false);
  const [site, setSite] = useState<number>();
  const traced = useTraces(app, view.session, state.program);
  const number = traced.trace?.number;
  const row = state.cursor;
  const chosen = !all && row >= 0 && row < view.rows.count && view.rows.type[row] !== FREE;
  const [start, end] = chosen ? [view.rows.address[row]!, view.rows.end[row]!] : [undefined, undefined];
  const rows = useAnswer(app, traced, [view.session.id, start, end], async (program) => {
    const frame = await app.source.allocations(view.session.id, program, start === undefined ? undefined : [start, end]);
    return flatRows(frame, new Uint8Array(frame.rows).fill(HEAP), new Float64Array(frame.rows));
  });
  useEffect(() => setSite(undefined), [rows]);
  const bytes = [...(rows?.visible ?? [])].reduce((sum, at) => sum + (rows?.value(at, "size") ?? 0), 0);
  return (
    <div class="trace-view">
      <TraceBar app={app} state={state} traced={traced}>
        <label>
          <input type="checkbox" checked={all || !chosen} disabled={!all && !chosen} onChange={(event) => setAll(event.currentTarget.checked)} /> All memory
        </label>
        <b role="status">
          {rows === undefined ? "" : `${counted(rows.count, "block")}, ${size(bytes)} ${start === undefined ? "in all" : `at ${address(start)}`}`}
        </b>
      </TraceBar>
      <div class="with-stack">
        {rows !== undefined && (
          <FrameTable
            label="Live allocations"
            prefix="allocation"
            rows={rows}
            columns={COLUMNS}
            empty={traced.trace?.onlyTotals === true ? NOT_TOLD : start === undefined ? "Nothing is live." : "No traced block lies in the selected row: choose a heap, or all memory."}
            onCursor={(at) => setSite(at < 0 ? undefined : rows.value(at, "site"))}
          />
        )}
        {number !== undefined && <StackPanel app={app} session={view.session.id} program={number} site={site} />}
      </div>
    </div>
  );
}
