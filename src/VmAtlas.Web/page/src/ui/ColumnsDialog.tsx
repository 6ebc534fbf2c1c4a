import { COLUMNS } from "../model/columns";
import type { Controller } from "./controller";
import { Dialog } from "./Dialogs";
import type { State } from "./state";

/** Which columns the details show. Those the target's system does not tell can not be chosen. */
export function ColumnsDialog({ app, state }: { app: Controller; state: State }) {
  const shown = new Set(state.columns.map((column) => column.key));
  const toggle = (key: string): void => {
    const others = state.columns.filter((column) => column.key !== key);
    // A column that comes back stands where it stands in the list.
    const at = COLUMNS.findIndex((column) => column.key === key);
    const place = others.findIndex((column) => COLUMNS.findIndex((c) => c.key === column.key) > at);
    const columns = shown.has(key) ? others : others.toSpliced(place < 0 ? others.length : place, 0, COLUMNS[at]!);
    app.store.set({ columns });
  };
  return (
    <Dialog app={app} title="Columns">
      <div class="column-choice">
        {COLUMNS.map((column) => {
          const known = state.view?.rows.has(column.key) ?? true;
          return (
            <label key={column.key} class={known ? "" : "muted"}>
              <input type="checkbox" checked={shown.has(column.key)} disabled={column.key === "address"} onChange={() => toggle(column.key)} />
              {column.title}
              {known ? "" : " (not known here)"}
            </label>
          );
        })}
      </div>
      <p class="hint">In the table itself: drag a title to move its column, its right edge to size it.</p>
    </Dialog>
  );
}
