import { timeAndDate } from "../model/format";
import type { Controller } from "./controller";
import type { State, View } from "./state";

/** Which two snapshots are compared. */
export function ChangesPanel({ app, view }: { app: Controller; state: State; view: View }) {
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
    </div>
  );
}
