/** How to trace, as fields of a form. */

const INTERVALS = [
  [64 << 10, "64 KiB"],
  [512 << 10, "512 KiB"],
  [4 << 20, "4 MiB"],
] as const;
const USUAL = 512 << 10;

/** As the server takes it. */
export interface TraceRequest {
  readonly sampleInterval: number;
  readonly children: boolean;
}

/** What was chosen; null for no trace. */
export function traceRequestOf(form: FormData): TraceRequest | null {
  const mode = form.get("trace");
  return mode === "exact" || mode === "sampled" ? { sampleInterval: mode === "sampled" ? Number(form.get("interval")) : 0, children: form.get("children") !== null } : null;
}

export function TraceFields({ optional }: { optional: boolean }) {
  return (
    <fieldset class="trace-fields">
      <legend>Trace its allocations</legend>
      {optional && (
        <label>
          <input type="radio" name="trace" value="none" defaultChecked /> No
        </label>
      )}
      <label>
        <input type="radio" name="trace" value="exact" defaultChecked={!optional} /> Every operation, with its call stack
      </label>
      <label>
        <input type="radio" name="trace" value="sampled" /> A sample every{" "}
        <select name="interval" aria-label="Bytes between two samples">
          {INTERVALS.map(([bytes, title]) => (
            <option key={bytes} value={bytes} selected={bytes === USUAL}>
              {title}
            </option>
          ))}
        </select>
        : next to no cost, and figures are estimates
      </label>
      <label>
        <input type="checkbox" name="children" /> Also the programs that it starts
      </label>
    </fieldset>
  );
}
