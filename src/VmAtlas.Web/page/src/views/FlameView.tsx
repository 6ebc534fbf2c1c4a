import { useEffect, useRef, useState } from "preact/hooks";
import { FlameGraph } from "../chart/FlameGraph";
import { CallTreeRows } from "../model/callTree";
import { exact, percent, size } from "../model/format";
import { measureOf, TreeChoices, USUAL_TREE, type Tree } from "./TreeChoices";
import { isTraced, TraceBar, useAnswer, useTraces } from "./traces";
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
  const [tree, setTree] = useState<Tree>(USUAL_TREE);
  const { shape, mappings } = tree;
  const [hover, setHover] = useState<number>();
  const [root, setRoot] = useState(0);
  const [needle, setNeedle] = useState("");
  const canvas = useRef<HTMLCanvasElement>(null);
  const graph = useRef<FlameGraph | undefined>(undefined);
  const traced = useTraces(app, view.session, state.program);
  // In order of name, so that two pictures can be compared.
  const rows = useAnswer(app, traced, [view.session.id, shape, mappings], async (program) => {
    const frame = await app.source.callTree(view.session.id, program, shape, mappings);
    return new CallTreeRows(frame, measureOf(tree, frame), { key: "label", descending: false });
  });
  const measure = measureOf(tree, rows?.frame);
  useEffect(() => setRoot(0), [rows]);
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
        <TreeChoices app={app} tree={{ ...tree, measure }} has={(key) => rows?.frame.columns.has(key) !== false} onTree={setTree} />
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
