import { useEffect, useState } from "preact/hooks";
import type { TreeShape } from "../api/source";
import { CallTreeRows } from "../model/callTree";
import { columnOf, type ColumnSpec } from "../model/columns";
import { FrameTable } from "../ui/FrameTable";
import { isTraced, TraceBar, useTraces } from "./traces";
import type { ViewProps, ViewSpec } from "./view";

export const callTreeView: ViewSpec = {
  name: "calltree",
  title: "Call Tree",
  label: "Call Tree",
  keys: "Alt+R",
  offered: isTraced,
  Panel: CallTreeView,
};

const SHAPES: readonly (readonly [TreeShape, string])[] = [
  ["top-down", "Top-down"],
  ["bottom-up", "Bottom-up"],
  ["module", "By module"],
  ["thread", "By thread"],
];

/** What of the trace counts: for the order, the shares and the widths. */
export const TRACE_MEASURES = [
  ["liveBytes", "Live"],
  ["liveCount", "Live blocks"],
  ["totalBytes", "Total"],
  ["totalCount", "Allocations"],
  ["atPeakBytes", "At peak"],
  ["temporaryCount", "Temporary"],
] as const;

const COLUMNS: readonly ColumnSpec[] = [
  columnOf("label", "Function", "tree", 520),
  columnOf("share", "Share", "percent", 62),
  columnOf("liveBytes", "Live", "bytes", 92),
  columnOf("ownLiveBytes", "Own Live", "bytes", 92),
  columnOf("liveCount", "Blocks", "count", 76),
  columnOf("totalBytes", "Total", "bytes", 98),
  columnOf("totalCount", "Allocations", "count", 86),
  columnOf("atPeakBytes", "At Peak", "bytes", 92),
  columnOf("temporaryCount", "Temporary", "count", 82),
  columnOf("module", "Module", "text", 260),
];

/** Through which functions the memory was asked for. */
function CallTreeView({ app, state, view }: ViewProps) {
  const [shape, setShape] = useState<TreeShape>("top-down");
  const [measure, setMeasure] = useState<string>("liveBytes");
  const [rows, setRows] = useState<CallTreeRows>();
  const [find, setFind] = useState("");
  const [cursor, setCursor] = useState(0);
  const [drawn, setDrawn] = useState(0);
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
        if (wanted) setRows(made(frame, measure));
      },
      "Looking up names…",
    );
    return () => {
      wanted = false;
    };
  }, [app, view.session.id, number, shape, version]);
  const known = COLUMNS.filter(({ key }) => key === "share" || rows?.frame.columns.has(key) !== false);
  const choose = (key: string): void => {
    setMeasure(key);
    rows?.share(key);
    setDrawn((n) => n + 1);
  };
  const next = (event: KeyboardEvent): void => {
    if (event.key !== "Enter" || rows === undefined || find === "") return;
    event.preventDefault();
    const row = rows.find(find, cursor, event.shiftKey ? -1 : 1);
    if (row < 0) return app.fail({ where: "view", message: `“${find}” was not found.` });
    if (state.failure?.where === "view") app.clearFailure();
    rows.openTo(row);
    setCursor(row);
    setDrawn((n) => n + 1);
  };
  const expand = (open: boolean): void => {
    rows?.expandAll(open);
    setDrawn((n) => n + 1);
  };
  return (
    <div class="trace-view">
      <TraceBar app={app} state={state} traced={traced}>
        <select aria-label="Which way the tree grows" value={shape} onChange={(event) => setShape(event.currentTarget.value as TreeShape)}>
          {SHAPES.map(([key, title]) => (
            <option key={key} value={key}>
              {title}
            </option>
          ))}
        </select>
        <select aria-label="What is shared out" value={measure} onChange={(event) => choose(event.currentTarget.value)}>
          {TRACE_MEASURES.filter(([key]) => rows?.frame.columns.has(key) !== false).map(([key, title]) => (
            <option key={key} value={key}>
              {title}
            </option>
          ))}
        </select>
        <label>
          Find <input type="text" value={find} spellcheck={false} placeholder="function, Enter for the next" onInput={(event) => setFind(event.currentTarget.value)} onKeyDown={next} />
        </label>
        <button type="button" onClick={() => expand(true)}>
          Expand all
        </button>
        <button type="button" onClick={() => expand(false)}>
          Collapse
        </button>
      </TraceBar>
      {rows !== undefined && (
        <FrameTable
          label="Call tree"
          prefix="call"
          rows={rows}
          columns={known}
          empty=""
          onCursor={setCursor}
          drawn={drawn}
          shown={cursor}
        />
      )}
    </div>
  );
}

function made(frame: CallTreeRows["frame"], measure: string): CallTreeRows {
  return new CallTreeRows(frame, frame.columns.has(measure) ? measure : "liveBytes");
}
