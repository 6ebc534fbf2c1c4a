import { useEffect, useRef, useState } from "preact/hooks";
import { columnOf, type ColumnSpec } from "../model/columns";
import { counted, exact } from "../model/format";
import { GrowingFrame } from "../model/frame";
import { FREE } from "../model/memoryTypes";
import { flatRows, type Rows } from "../model/rows";
import { FrameTable } from "../ui/FrameTable";
import { StackPanel } from "./StackPanel";
import { isTraced, TraceBar, useTraces } from "./traces";
import type { ViewProps, ViewSpec } from "./view";

export const eventsView: ViewSpec = {
  name: "events",
  title: "Trace",
  label: "Trace",
  keys: "Alt+Y",
  offered: (view) => isTraced(view) && view.session.report !== true,
  Panel: EventsView,
};

/** One answer has at most so many, as the server says. */
const MOST = 1 << 20;
const DRAW_EVERY_MS = 300;

const OPERATIONS = [
  ["", "All operations"],
  ["allocate,resize", "Allocations"],
  ["free", "Frees"],
  ["map,remap,attach-shared,move-break", "Mappings"],
  ["unmap,detach-shared", "Unmappings"],
  ["protect", "Protections"],
] as const;

const COLUMNS: readonly ColumnSpec[] = [
  columnOf("time", "Time (s)", "seconds", 90),
  columnOf("function", "Function", "text", 96),
  columnOf("operation", "Operation", "text", 90),
  columnOf("protection", "Prot.", "text", 50),
  columnOf("size", "Bytes", "known", 86),
  columnOf("address", "Address", "address", 146),
  columnOf("call", "Call", "text", 190),
  columnOf("tid", "Thread", "count", 64),
  columnOf("oldAddress", "From", "address", 150),
];

/** VMMap's Trace window: every operation, as it is read. */
function EventsView({ app, state, view }: ViewProps) {
  const [rows, setRows] = useState<Rows>();
  const [site, setSite] = useState<number>();
  const [status, setStatus] = useState("");
  const form = useRef<HTMLFormElement>(null);
  const stop = useRef<AbortController | undefined>(undefined);
  const traced = useTraces(app, view.session, state.program);
  const { trace, version } = traced;
  const number = trace?.number;
  const read = async (): Promise<void> => {
    if (number === undefined || form.current === null) return;
    stop.current?.abort();
    const mine = (stop.current = new AbortController());
    const query = new URLSearchParams([...new FormData(form.current)].map(([name, value]) => [name, String(value).trim()]));
    const all = new GrowingFrame();
    const show = (words: string): void => {
      const frame = all.frame;
      setRows(flatRows(frame, new Uint8Array(frame.rows).fill(FREE), new Float64Array(frame.rows), "time"));
      setStatus(`${counted(all.rows, "event")}${words}`);
    };
    setSite(undefined);
    setStatus("Reading…");
    await app.attempt("view", async () => {
      let last = 0;
      for await (const frame of app.server.frames(`/api/sessions/${view.session.id}/traces/${number}/events?${query}`, mine.signal)) {
        if (mine.signal.aborted) return;
        all.add(frame);
        if (performance.now() - last < DRAW_EVERY_MS && frame.rows > 0) continue;
        show(frame.rows > 0 ? " so far" : all.rows === MOST ? `: the first ${exact(MOST)}, narrow the search for others` : "");
        last = performance.now();
      }
    }, "Looking up names…");
  };
  useEffect(() => {
    void read();
    return () => stop.current?.abort();
  }, [number, version]);
  const field = (name: string, title: string, hint: string) => (
    <label>
      {title} <input type="text" name={name} size={8} spellcheck={false} placeholder={hint} />
    </label>
  );
  return (
    <div class="trace-view">
      <TraceBar app={app} state={state} traced={traced} />
      <form
        class="map-tools"
        ref={form}
        onSubmit={(event) => {
          event.preventDefault();
          void read();
        }}
      >
        <select name="operation" aria-label="Operations" onChange={() => void read()}>
          {OPERATIONS.map(([words, title]) => (
            <option key={words} value={words}>
              {title}
            </option>
          ))}
        </select>
        {field("at", "Address", "7f12ab…")}
        {field("tid", "Thread", "tid")}
        {field("site", "Site", "number")}
        {field("from", "From", "seconds")}
        {field("to", "to", "seconds")}
        <button type="submit">Show</button>
        <b role="status">{status}</b>
      </form>
      <div class="with-stack">
        {rows !== undefined && (
          <FrameTable label="Events of the trace" prefix="event" rows={rows} columns={COLUMNS} empty="No event fits." onCursor={(at) => setSite(at < 0 ? undefined : rows.value(at, "site"))} />
        )}
        {number !== undefined && <StackPanel app={app} session={view.session.id} program={number} site={site} />}
      </div>
    </div>
  );
}
