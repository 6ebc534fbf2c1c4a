import type { Controller } from "../ui/controller";
import type { ModuleChange } from "../api/answers";
import { signedKib, timeAndDate } from "../model/format";
import type { ViewProps, ViewSpec } from "./view";

export const changesView: ViewSpec = {
  name: "changes",
  title: "Changes",
  label: "Show Changes",
  keys: "Alt+C",
  offered: () => true,
  Panel: ChangesView,
};

/** Which two snapshots are compared. */
function ChangesView({ app, state, view }: ViewProps) {
  const { session, index, since } = view;
  const newest = session.snapshots.length - 1;
  if (newest === 0) return <p class="hint">There is one snapshot. Refresh (F5) takes another; the two can then be compared here.</p>;
  const options = session.snapshots.map((taken, i) => (
    <option key={i} value={i}>
      {i + 1}: {timeAndDate(taken)}
    </option>
  ));
  const show = (from: number, to: number): void => void app.showSnapshot(Math.max(from, to), Math.min(from, to));
  return (
    <div class="changes">
      <label>
        From{" "}
        <select value={since ?? Math.max(0, index - 1)} onChange={(event) => show(Number(event.currentTarget.value), index)}>
          {options}
        </select>
      </label>
      <label>
        to{" "}
        <select value={index} onChange={(event) => (since === undefined ? void app.showSnapshot(Number(event.currentTarget.value)) : show(since, Number(event.currentTarget.value)))}>
          {options}
        </select>
      </label>
      <button type="button" aria-pressed={since !== undefined} onClick={() => void (since === undefined ? show(Math.max(0, index - 1), Math.max(index, 1)) : app.showSnapshot(index))}>
        Show changes
      </button>
      <button type="button" onClick={() => show(0, newest)}>
        First to newest
      </button>
      <p class="hint">
        {since === undefined
          ? "Numbers are those of the snapshot."
          : "Numbers are differences: + grown, − shrunk. A green row is only in the later snapshot, a red one only in the earlier, a yellow one in both with other numbers."}
      </p>
      {since !== undefined && <Modules app={app} filter={state.expression} modules={view.summary.modules ?? []} />}
    </div>
  );
}

const MEASURES = [
  ["size", "Size"],
  ["committed", "Committed"],
  ["private", "Private"],
  ["totalWs", "Total WS"],
  ["pss", "PSS"],
] as const;

/** The files of which something changed; a click shows their rows alone. */
function Modules({ app, filter, modules }: { app: Controller; filter: string; modules: readonly ModuleChange[] }) {
  if (modules.length === 0) return <p class="hint">No file's mappings changed.</p>;
  const weight = (module: ModuleChange): number => Math.abs(Number(module["size"] ?? 0)) + Math.abs(Number(module["totalWs"] ?? 0));
  return (
    <div class="list modules" tabIndex={0} role="region" aria-label="Changes by file">
      <table>
        <thead>
          <tr>
            <th scope="col" class="text">
              File
            </th>
            <th scope="col">Regions</th>
            {MEASURES.map(([key, title]) => (
              <th scope="col" key={key}>
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {[...modules]
            .sort((a, b) => weight(b) - weight(a))
            .map((module) => {
              const only = `details = ${JSON.stringify(module.path)}`;
              return (
                <tr key={module.path} class={filter === only ? "chosen" : ""}>
                  <td class="text">
                    <button type="button" class="link" onClick={() => void app.filterBy(filter === only ? "" : app.readOnly ? module.path : only)}>
                      {module.path}
                    </button>
                  </td>
                  <td>{module.regionsBefore === module.regionsAfter ? module.regionsAfter : `${module.regionsBefore} → ${module.regionsAfter}`}</td>
                  {MEASURES.map(([key]) => (
                    <td key={key}>{signedKib(Number(module[key] ?? 0))}</td>
                  ))}
                </tr>
              );
            })}
        </tbody>
      </table>
    </div>
  );
}
