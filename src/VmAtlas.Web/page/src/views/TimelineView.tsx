import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { ALLOCATED, marksOf, Timeline } from "../chart/Timeline";
import { kib, signedKib, time } from "../model/format";
import type { Frame } from "../model/frame";
import { TYPE_NAMES } from "../model/memoryTypes";
import type { ViewProps, ViewSpec } from "./view";

export const timelineView: ViewSpec = {
  name: "timeline",
  title: "Timeline",
  label: "Timeline",
  keys: "Alt+L",
  offered: () => true,
  Panel: TimelineView,
};

const MEASURES = [
  ["committed", "Committed"],
  ["private", "Private"],
  ["totalWs", "Working set"],
  ["pss", "PSS"],
  ["swap", "Swap"],
] as const;
/** Rows of the table beside the chart, around the snapshot shown: the chart has them all. */
const LISTED = 200;

/** All snapshots as a stacked chart, and as a table with the same selection. */
function TimelineView({ app, state, view }: ViewProps) {
  const [measure, setMeasure] = useState("private");
  const [frame, setFrame] = useState<Frame>();
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<Timeline | undefined>(undefined);
  const { session, index, since } = view;
  const taken = session.snapshots.length;
  useEffect(() => {
    let wanted = true;
    void app.attempt("view", async () => {
      const series = await app.source.series(session.id);
      if (wanted) setFrame(series);
    }, "Reading all snapshots…");
    return () => {
      wanted = false;
    };
  }, [app, session.id, taken]);
  useEffect(() => {
    if (place.current === null) return;
    chart.current = new Timeline(place.current, {
      onSelect: (at) => void app.showSnapshot(at),
      onSpan: (from, to) => void app.showSnapshot(to, from),
    });
    return () => chart.current?.dispose();
  }, [app]);
  const key = (event: KeyboardEvent): void => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step !== undefined && event.shiftKey) chart.current?.pan(step * 0.2);
    else if (step !== undefined) void app.showSnapshot(Math.min(Math.max(0, index + step), taken - 1));
    else if (event.key === "+" || event.key === "=") chart.current?.zoom(1 / 1.25);
    else if (event.key === "-") chart.current?.zoom(1.25);
    else if (event.key === "Home" || event.key === "0") chart.current?.whole();
    else return;
    event.preventDefault();
  };
  const totals = frame === undefined ? new Float64Array(0) : totalsOf(frame, measure);
  const marks = useMemo(() => (frame === undefined ? [] : marksOf(frame)), [frame]);
  useEffect(() => {
    if (frame !== undefined) chart.current?.show(frame, measure, state.theme, index, since, marks);
  }, [frame, measure, state.theme, index, since]);
  const eventAt = (at: number): string => marks.find((mark) => mark.index === at)?.title ?? "";
  const allocated = frame?.columns.get(ALLOCATED)?.values;
  const first = Math.max(0, Math.min(index - LISTED / 2, totals.length - LISTED));
  const listed = [...totals.subarray(first, first + LISTED)].map((bytes, i) => ({ at: first + i, bytes }));
  return (
    <div class="timeline">
      <div class="timeline-tools">
        <fieldset class="choices">
          <legend class="unseen">Measure</legend>
          {MEASURES.map(([key, title]) => (
            <label key={key}>
              <input type="radio" name="measure" checked={measure === key} onChange={() => setMeasure(key)} /> {title}
            </label>
          ))}
        </fieldset>
        <button type="button" onClick={() => chart.current?.zoom(1 / 2)} aria-label="Zoom in">
          +
        </button>
        <button type="button" onClick={() => chart.current?.zoom(2)} aria-label="Zoom out">
          −
        </button>
        <button type="button" onClick={() => chart.current?.whole()}>
          Whole
        </button>
        <span class="hint">Click: show a snapshot. Drag: its changes. Wheel: zoom. ▾ a type changed by a tenth and 16 MiB. ◆ another program.{allocated === undefined ? "" : " Dashed: allocated, as traced."}</span>
        {state.failure?.where === "view" && <span role="alert">{state.failure.message}</span>}
      </div>
      <div class="chart" ref={place} tabIndex={0} onKeyDown={key} role="application" aria-label={`${measure} by type over ${taken} snapshots; the table beside has the same`} />
      <div class="list" tabIndex={0} role="region" aria-label="Snapshots">
        <table>
          <thead>
            <tr>
              <th scope="col">#</th>
              <th scope="col">Time</th>
              <th scope="col">{MEASURES.find(([key]) => key === measure)?.[1]}</th>
              <th scope="col">Change</th>
              {allocated !== undefined && (
                <th scope="col" title="Allocated and not given back, as a trace saw it: the dashed line">
                  Allocated
                </th>
              )}
              <th scope="col" class="text">
                Event
              </th>
            </tr>
          </thead>
          <tbody>
            {listed.map(({ at, bytes }) => (
              <tr key={at} class={at === index ? "chosen" : ""}>
                <td>{at + 1}</td>
                <td>
                  <button
                    type="button"
                    class="link"
                    aria-current={at === index}
                    title="Click to show; Shift+click to show the changes from here to the snapshot shown"
                    onClick={(event) => void (event.shiftKey && at < index ? app.showSnapshot(index, at) : app.showSnapshot(at))}
                  >
                    {time(session.snapshots[at] ?? "")}
                  </button>
                </td>
                <td>{kib(bytes)}</td>
                <td>{at === 0 ? "" : signedKib(bytes - totals[at - 1]!)}</td>
                {allocated !== undefined && <td>{Number.isNaN(allocated[at]) ? "" : kib(allocated[at]!)}</td>}
                <td class="text event" title={eventAt(at)}>
                  {eventAt(at)}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}

function totalsOf(frame: Frame, measure: string): Float64Array {
  const totals = new Float64Array(frame.rows);
  TYPE_NAMES.forEach((_, type) => {
    frame.columns.get(`${measure}.${type}`)?.values.forEach((bytes, i) => (totals[i]! += bytes));
  });
  return totals;
}
