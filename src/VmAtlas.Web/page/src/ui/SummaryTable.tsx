import { useRef } from "preact/hooks";
import type { SummaryRow } from "../api/answers";
import { COLUMN_BY_KEY } from "../model/columns";
import { count, kib, signedKib } from "../model/format";
import { TYPE_NAMES, typeClass } from "../model/memoryTypes";
import type { Controller } from "./controller";
import { Splitter } from "./Splitter";
import type { State, View } from "./state";

const MEASURES = ["size", "committed", "private", "totalWs", "privateWs", "shareableWs", "sharedWs", "lockedWs", "pss", "uss", "swap"];

/** Rows of the table before it was drawn once; the least of it that stays, and what is left to the rest of the window. */
const [DEFAULT_PX, LEAST_PX, REST_PX] = [236, 58, 260];

/** The table of types: colour key, totals, and filter of the details. */
export function SummaryTable({ app, view, state }: { app: Controller; view: View; state: State }) {
  const { type, summaryHeight } = state;
  const place = useRef<HTMLElement>(null);
  const rows = view.summary.summary;
  const known = MEASURES.filter((measure) => typeof rows[0]?.[measure] === "number");
  const bytes = view.since === undefined ? kib : signedKib;
  const cell = (row: SummaryRow, key: string): string => (typeof row[key] === "number" ? bytes(row[key]) : "");
  return (
    <>
    <section class="summary" aria-label="Summary by type" ref={place} style={summaryHeight === undefined ? {} : { height: `${summaryHeight}px` }}>
      <table>
        <thead>
          <tr>
            <th scope="col" class="text">
              Type
            </th>
            {known.map((measure) => (
              <th scope="col" key={measure}>
                {COLUMN_BY_KEY.get(measure)?.title}
              </th>
            ))}
            <th scope="col">Blocks</th>
            <th scope="col">Largest</th>
          </tr>
        </thead>
        <tbody onKeyDown={moveWithArrows}>
          {rows.map((row, i) => {
            const own = i === 0 ? undefined : i - 1;
            return (
              <tr
                key={i}
                class={`${own === undefined ? "total" : typeClass(own)}${type === own && own !== undefined ? " chosen" : ""}`}
                onClick={() => app.filterType(own)}
              >
                <th scope="row" class="text">
                  <button type="button" aria-pressed={type === own}>
                    <span class="swatch" aria-hidden="true" />
                    {own === undefined ? "Total" : TYPE_NAMES[own]}
                  </button>
                </th>
                {known.map((measure) => (
                  <td key={measure} class={view.since === undefined ? "" : signOf(row[measure])}>
                    {cell(row, measure)}
                  </td>
                ))}
                <td>{typeof row["blocks"] === "number" ? count(row["blocks"]) : ""}</td>
                <td>{cell(row, "largest")}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </section>
    <Splitter
      label="Height of the summary"
      height={summaryHeight ?? place.current?.offsetHeight ?? DEFAULT_PX}
      least={LEAST_PX}
      above
      onSize={(px) => app.store.set({ summaryHeight: Math.min(px, innerHeight - REST_PX, place.current?.scrollHeight ?? px) })}
    />
    </>
  );
}

function signOf(value: unknown): string {
  return typeof value !== "number" || value === 0 ? "" : value > 0 ? "grown" : "shrunk";
}

/** Up and Down go from type to type and choose it, as in a list. */
function moveWithArrows(event: KeyboardEvent): void {
  const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
  if (step === undefined || !(event.target instanceof HTMLElement)) return;
  const row = event.target.closest("tr");
  const next = step < 0 ? row?.previousElementSibling : row?.nextElementSibling;
  const button = next?.querySelector("button");
  event.preventDefault();
  button?.focus();
  button?.click();
}
