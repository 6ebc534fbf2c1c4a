import { useEffect, useRef, useState } from "preact/hooks";
import type { TreeShape } from "../api/source";
import { FlameGraph } from "../chart/FlameGraph";
import { CallTreeRows } from "../model/callTree";
import { exact, percent, size } from "../model/format";
import { TRACE_MEASURES } from "./CallTreeView";
import { isTraced, TraceBar, useTraces } from "./traces";
import type { ViewProps, ViewSpec } from "./view";

export const flameView: ViewSpec = {
  name: "flame",
  title: "Flame Graph",
  label: "Flame Graph",
  keys: "Alt+G",
  offered: isTraced,
  Panel: FlameView,
};

/** The call tree as a picture. The view Call Tree has the same as a table. */
function FlameView({ app, state, view }: ViewProps) {
  const [shape, setShape] = useState<TreeShape>("top-down");
  const [measure, setMeasure] = useState<string>("liveBytes");
  const [rows, setRows] = useState<CallTreeRows>();
  const [hover, setHover] = useState<number>();
  const [root, setRoot] = useState(0);
  const [needle, setNeedle] = useState("");
  const canvas = useRef<HTMLCanvasElement>(null);
  const graph = useRef<FlameGraph | undefined>(undefined);
  const traced = useTraces(app, view.session, state.program);
  const { trace, version } = traced;
  const number = trace?.number;
  useEffect(() => {
    let wanted = true;
    if (number === undefined) return;
    void app.attempt(
      "view",
      async () => {
        const frame = await app.source.callTree(view.session.id, number, shape);
        if (!wanted) return;
        setRoot(0);
        // In order of name, so that two pictures can be compared.
        setRows(new CallTreeRows(frame, "liveBytes", { key: "label", descending: false }));
      },
      "Looking up names…",
    );
    return () => {
      wanted = false;
    };
  }, [app, view.session.id, number, shape, version]);
  useEffect(() => {
    if (canvas.current === null) return;
    graph.current = new FlameGraph(canvas.current, { onHover: setHover, onZoom: (row) => (setRoot(row), setHover(row)) });
    return () => graph.current?.dispose();
  }, [app]);
  useEffect(() => {
    if (rows !== undefined) graph.current?.show(rows, measure);
  }, [rows, measure, state.theme]);
  useEffect(() => graph.current?.search(needle), [needle, rows]);
  const at = hover ?? root;
  return (
    <div class="trace-view">
      <TraceBar app={app} state={state} traced={traced}>
        <select aria-label="Which way the graph grows" value={shape} onChange={(event) => setShape(event.currentTarget.value as TreeShape)}>
          <option value="top-down">Top-down</option>
          <option value="bottom-up">Bottom-up</option>
          <option value="module">By module</option>
          <option value="thread">By thread</option>
        </select>
        <select aria-label="What is wide" value={measure} onChange={(event) => setMeasure(event.currentTarget.value)}>
          {TRACE_MEASURES.filter(([key]) => rows?.frame.columns.has(key) !== false).map(([key, title]) => (
            <option key={key} value={key}>
              {title}
            </option>
          ))}
        </select>
        <label>
          Mark <input type="text" value={needle} spellcheck={false} placeholder="function" onInput={(event) => setNeedle(event.currentTarget.value)} />
        </label>
        <button type="button" disabled={root === 0} onClick={() => graph.current?.zoom(0)}>
          Whole
        </button>
      </TraceBar>
      <p class="flame-told" role="status">
        {rows === undefined ? "" : told(rows, at, measure)}
      </p>
      <canvas ref={canvas} class="flame" role="application" aria-label="Flame graph: arrow keys walk, Enter goes in, Escape goes out; the view Call Tree says the same" />
    </div>
  );
}

function told(rows: CallTreeRows, row: number, measure: string): string {
  const value = rows.value(row, measure);
  if (rows.value(0, measure) === 0) return "Nothing of that was seen.";
  const amount = measure.endsWith("Bytes") ? size(value) : exact(value);
  const module = rows.text(row, "module");
  return `${rows.text(row, "label")}${module === "" ? "" : ` (${module.slice(module.lastIndexOf("/") + 1)})`}: ${amount}, ${percent(value / rows.value(0, measure))}`;
}
