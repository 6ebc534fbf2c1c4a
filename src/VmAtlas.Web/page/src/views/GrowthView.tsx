import { useEffect, useState } from "preact/hooks";
import { columnOf, type ColumnSpec } from "../model/columns";
import { counted, time } from "../model/format";
import { FREE } from "../model/memoryTypes";
import { flatRows } from "../model/rows";
import { FrameTable } from "../ui/FrameTable";
import { StackPanel } from "./StackPanel";
import { isTraced, NOT_TOLD, TraceBar, useAnswer, useTraces } from "./traces";
import type { ViewProps, ViewSpec } from "./view";

export const growthView: ViewSpec = {
  name: "growth",
  title: "Growth",
  label: "Growth by Call Site",
  keys: "Alt+W",
  offered: isTraced,
  Panel: GrowthView,
};

const COLUMNS: readonly ColumnSpec[] = [
  columnOf("grown", "Grown", "bytes", 90),
  columnOf("before", "Before", "bytes", 90),
  columnOf("after", "After", "bytes", 90),
  columnOf("steadiness", "Steady", "percent", 64),
  columnOf("site", "Site", "count", 60),
  columnOf("call", "Call", "text", 300),
  columnOf("callers", "Callers", "text", 300),
];

/** What grew between two points of the timeline, by who asked for it: steady growth first, because that is what a leak looks like. */
function GrowthView({ app, state, view }: ViewProps) {
  const { session, since, index } = view;
  const [site, setSite] = useState<number>();
  const [span, setSpan] = useState<readonly [number | undefined, number | undefined]>([undefined, undefined]);
  const traced = useTraces(app, session, state.program);
  const { trace } = traced;
  const number = trace?.number;
  // A span that is dragged in the timeline is the one to look at.
  useEffect(() => {
    if (since !== undefined) setSpan([since, index]);
  }, [since, index]);
  const seconds = (at: number | undefined): number | undefined =>
    at === undefined || trace === undefined ? undefined : Math.max(0, (Date.parse(session.snapshots[at] ?? "") - Date.parse(trace.began)) / 1000);
  const [from, to] = [seconds(span[0]) ?? 0, seconds(span[1])];
  const rows = useAnswer(app, traced, [session.id, from, to], async (program) => {
    const frame = await app.source.growth(session.id, program, from, to);
    return flatRows(frame, new Uint8Array(frame.rows).fill(FREE), new Float64Array(frame.rows), "");
  });
  useEffect(() => setSite(undefined), [rows]);
  const point = (label: string, which: 0 | 1, none: string) => (
    <label>
      {label}{" "}
      <select
        value={span[which] ?? ""}
        disabled={app.readOnly}
        onChange={(event) => {
          const at = event.currentTarget.value === "" ? undefined : Number(event.currentTarget.value);
          setSpan(which === 0 ? [at, span[1]] : [span[0], at]);
        }}
      >
        <option value="">{none}</option>
        {session.snapshots.map((taken, i) => (
          <option key={i} value={i}>
            {i + 1}: {time(taken)}
          </option>
        ))}
      </select>
    </label>
  );
  return (
    <div class="trace-view">
      <TraceBar app={app} state={state} traced={traced}>
        {point("From", 0, "the trace's begin")}
        {point("to", 1, "its end")}
        <b role="status">{rows === undefined ? "" : `${counted(rows.count, "site")} grew`}</b>
      </TraceBar>
      <div class="with-stack">
        {rows !== undefined && (
          <FrameTable
            label="Growth by call site"
            prefix="growth"
            rows={rows}
            columns={COLUMNS}
            empty={trace?.onlyTotals === true ? NOT_TOLD : "Nothing holds more at the later time than at the earlier."}
            onCursor={(at) => setSite(at < 0 ? undefined : rows.value(at, "site"))}
          />
        )}
        {number !== undefined && <StackPanel app={app} session={session.id} program={number} site={site} />}
      </div>
    </div>
  );
}
