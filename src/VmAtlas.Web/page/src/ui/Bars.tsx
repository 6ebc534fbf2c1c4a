import { useState } from "preact/hooks";
import type { SummaryRow } from "../api/answers";
import { kib, signedKib, size } from "../model/format";
import { TYPE_NAMES, typeClass } from "../model/memoryTypes";
import type { Controller } from "./controller";
import type { View } from "./state";

const BARS = [
  { measure: "committed", title: "Committed" },
  { measure: "private", title: "Private Bytes" },
  { measure: "totalWs", title: "Working Set" },
] as const;

/** Kept free at the right edge for the hint. */
const HINT_PX = 420;

/** Three stacked bars on one scale, that of Committed. */
export function Bars({ app, view, type }: { app: Controller; view: View; type: number | undefined }) {
  const rows = view.summary.summary;
  const signed = view.since !== undefined;
  const [told, setTold] = useState<{ readonly text: string; readonly left: number; readonly top: number }>();
  /** Says what the part under the mouse, or under the keyboard, is: a browser's own hints show only for the mouse, and late. */
  const tell = (event: { readonly currentTarget: HTMLElement }, text: string): void => {
    const { left, bottom } = event.currentTarget.getBoundingClientRect();
    setTold({ text, left: Math.min(left, innerWidth - HINT_PX), top: bottom + 2 });
  };
  const scale = Math.max(1, ...BARS.map(({ measure }) => rows.slice(1).reduce((sum, row) => sum + Math.abs(bytesOf(row, measure) ?? 0), 0)));
  return (
    <section class="bars" aria-label="Memory by type">
      {BARS.map(({ measure, title }) => {
        const total = bytesOf(rows[0], measure);
        return (
          <div class="bar-line" key={measure}>
            <span class="bar-title">{title}:</span>
            <div class="bar">
              {rows.slice(1).map((row, t) => {
                const bytes = bytesOf(row, measure) ?? 0;
                if (bytes === 0) return null;
                const label = `${TYPE_NAMES[t]}: ${signed ? signedKib(bytes) : kib(bytes)} (${size(bytes)}${share(bytes, total)}) ${title}`;
                return (
                  <button
                    key={t}
                    type="button"
                    class={`segment ${typeClass(t)}${bytes < 0 ? " negative" : ""}${type !== undefined && type !== t ? " other" : ""}`}
                    style={{ width: `${(Math.abs(bytes) / scale) * 100}%` }}
                    onMouseEnter={(event) => tell(event, label)}
                    onFocus={(event) => tell(event, label)}
                    onMouseLeave={() => setTold(undefined)}
                    onBlur={() => setTold(undefined)}
                    aria-label={label}
                    onClick={() => app.filterType(type === t ? undefined : t)}
                  >
                    {Math.abs(bytes) / scale > 0.08 ? TYPE_NAMES[t] : ""}
                  </button>
                );
              })}
            </div>
            <span class="bar-total">{total === undefined ? "not known" : signed ? signedKib(total) : kib(total)}</span>
          </div>
        );
      })}
      {told !== undefined && (
        <div class="bar-told" aria-hidden="true" style={{ left: `${told.left}px`, top: `${told.top}px` }}>
          {told.text}
        </div>
      )}
    </section>
  );
}

function share(bytes: number, total: number | undefined): string {
  return total === undefined || total <= 0 || bytes < 0 ? "" : `, ${((bytes / total) * 100).toFixed(1)} %`;
}

function bytesOf(row: SummaryRow | undefined, measure: string): number | undefined {
  const value = row?.[measure];
  return typeof value === "number" ? value : undefined;
}
