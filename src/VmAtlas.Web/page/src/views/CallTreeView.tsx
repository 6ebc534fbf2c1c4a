import { useState } from "preact/hooks";
import { CallTreeRows } from "../model/callTree";
import { columnOf, type ColumnSpec } from "../model/columns";
import { FrameTable } from "../ui/FrameTable";
import { measureOf, TreeChoices, USUAL_TREE, type Tree } from "./TreeChoices";
import { isTraced, TraceBar, useAnswer, useTraces } from "./traces";
import type { ViewProps, ViewSpec } from "./view";

export const callTreeView: ViewSpec = {
  name: "calltree",
  title: "Call Tree",
  label: "Call Tree",
  keys: "Alt+R",
  offered: isTraced,
  Panel: CallTreeView,
};

const COLUMNS: readonly ColumnSpec[] = [
  columnOf("label", "Function", "tree", 400),
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
  const [tree, setTree] = useState<Tree>(USUAL_TREE);
  const { shape, mappings, measure } = tree;
  const [find, setFind] = useState("");
  const [cursor, setCursor] = useState(0);
  const [drawn, setDrawn] = useState(0);
  const traced = useTraces(app, view.session, state.program);
  const rows = useAnswer(app, traced, [view.session.id, shape, mappings], async (program) => {
    const frame = await app.source.callTree(view.session.id, program, shape, mappings);
    return new CallTreeRows(frame, measureOf(tree, frame));
  });
  const known = COLUMNS.filter(({ key }) => key === "share" || rows?.frame.columns.has(key) !== false);
  const choose = (chosen: Tree): void => {
    setTree(chosen);
    if (chosen.measure === measure) return;
    rows?.share(chosen.measure);
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
        <TreeChoices app={app} tree={{ ...tree, measure: measureOf(tree, rows?.frame) }} has={(key) => rows?.frame.columns.has(key) !== false} onTree={choose} />
        <label>
          Find <input type="text" value={find} spellcheck={false} placeholder="function, then Enter" onInput={(event) => setFind(event.currentTarget.value)} onKeyDown={next} />
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
