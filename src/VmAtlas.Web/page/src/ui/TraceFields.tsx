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
  /** The objects of a .NET program, by its runtime's word. */
  readonly managed: boolean;
}

/** What was chosen; null for no trace. */
export function traceRequestOf(form: FormData): TraceRequest | null {
  const mode = form.get("trace");
  if (mode !== "exact" && mode !== "sampled" && mode !== "managed") return null;
  return { sampleInterval: mode === "sampled" ? Number(form.get("interval")) : 0, children: form.get("children") !== null, managed: mode === "managed" };
}

/**
 * @param optional Whether there may be none.
 * @param managed Whether a .NET program is meant: known of one that runs, possible of one that is launched, and otherwise not offered.
 */
export function TraceFields({ optional, managed }: { optional: boolean; managed: "known" | "possible" | "no" }) {
  return (
    <fieldset class="trace-fields">
      <legend>Trace its allocations</legend>
      {optional && (
        <label>
          <input type="radio" name="trace" value="none" defaultChecked /> No
        </label>
      )}
      <label>
        <input type="radio" name="trace" value="exact" defaultChecked={!optional && managed !== "known"} /> Every operation, with its call stack
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
      {managed !== "no" && (
        <label>
          <input type="radio" name="trace" value="managed" defaultChecked={managed === "known"} /> The objects {managed === "known" ? "it makes" : "a .NET program makes"}, sampled by its
          runtime: next to no cost, and no agent
        </label>
      )}
      <label>
        <input type="checkbox" name="children" /> Also the programs that it starts
      </label>
    </fieldset>
  );
}
