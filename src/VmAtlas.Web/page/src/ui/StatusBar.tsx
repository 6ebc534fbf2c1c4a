import { kib, size, time } from "../model/format";
import type { Controller } from "./controller";
import type { State, View } from "./state";

const SUMS = [
  ["size", "Size"],
  ["committed", "Committed"],
  ["private", "Private"],
  ["totalWs", "Total WS"],
  ["pss", "PSS"],
] as const;

/** When the snapshot was taken, and the sum of what is selected. */
export function StatusBar({ app, state, view }: { app: Controller; state: State; view: View }) {
  const { session, summary } = view;
  const quiet = summary.annotators.filter((a) => !a.ran).length + (summary.system?.problems.length ?? 0);
  return (
    <footer class="status">
      <span>
        {view.since === undefined
          ? `Snapshot ${view.index + 1} of ${session.snapshots.length}: ${time(summary.time)}, read in ${summary.milliseconds.toFixed(1)} ms`
          : `Changes from ${time(session.snapshots[view.since] ?? "")} to ${time(summary.time)}`}
      </span>
      <button type="button" class={quiet > 0 ? "notes some" : "notes"} onClick={() => app.ask("annotators")}>
        {quiet === 0 ? "All parts of the reading ran" : `${quiet} ${quiet === 1 ? "note" : "notes"} on the reading`}
      </button>
      <span class="sum" role="status">
        {sumOf(state, view)}
      </span>
    </footer>
  );
}

/** A block whose region is selected too is not counted twice, nor are pages of either. */
function sumOf({ selected }: State, { rows }: View): string {
  const isBelowSelected = (row: number): boolean => {
    const above = rows.parent[row]!;
    return above >= 0 && (selected.has(above) || isBelowSelected(above));
  };
  const counted = [...selected].filter((row) => !isBelowSelected(row));
  if (counted.length === 0) return "";
  const total = (key: string): number => counted.reduce((sum, row) => sum + rows.value(row, key), 0);
  // Of single pages nothing but the size is added up.
  const onlySize = counted.some((row) => row >= rows.count);
  const parts = SUMS.filter(([key]) => rows.has(key) && (!onlySize || key === "size")).map(([key, title]) => `${title} ${kib(total(key)) || "0 K"}`);
  return `${counted.length} selected (${size(total("size"))}): ${parts.join(", ")}`;
}
