import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { SessionInfo, TraceInfo } from "../api/answers";
import { counted, exact, size } from "../model/format";
import type { Controller } from "../ui/controller";
import type { State, View } from "../ui/state";

/** How often the totals of a trace that goes on are asked for. */
const TOTALS_MS = 1000;

/** Whether the target has a trace, of a file or while it is made. */
export function isTraced({ session }: View): boolean {
  return (session.traces ?? 0) > 0 || session.tracing === true;
}

export interface Traced {
  readonly traces: readonly TraceInfo[];
  /** The one that is shown; undefined until it is known. */
  readonly trace: TraceInfo | undefined;
  /** Raised when what is shown is to be read anew: by hand, and when a trace has ended. */
  readonly version: number;
  readonly again: () => void;
}

/** The traces of a target, their totals as they grow, and which of them the reader looks at. */
export function useTraces(app: Controller, session: SessionInfo, program: number | undefined): Traced {
  const [traces, setTraces] = useState<readonly TraceInfo[]>([]);
  const [version, setVersion] = useState(0);
  const running = session.tracing === true;
  const { names } = app.store.value;
  useEffect(() => {
    let wanted = true;
    const ask = async (): Promise<void> => {
      const answer = await app.source.traces(session.id);
      if (wanted) setTraces(answer);
    };
    void app.attempt("view", ask, "Reading the trace…");
    const timer = running ? setInterval(() => void app.background("view", ask), TOTALS_MS) : undefined;
    return () => {
      wanted = false;
      clearInterval(timer);
    };
  }, [app, session.id, running, session.traces]);
  useEffect(() => setVersion((n) => n + 1), [running, names]);
  // After exec the target is what it became; of what was attached to again, the last trace.
  const own = traces.findLastIndex((trace) => trace.pid === session.process.pid);
  return { traces, trace: traces[program ?? Math.max(0, own)], version, again: () => setVersion((n) => n + 1) };
}

/** What is asked about the shown trace, anew whenever the question or the trace changes; undefined until the first answer. */
export function useAnswer<T extends object>(
  app: Controller,
  { trace, version }: Traced,
  question: readonly unknown[],
  ask: (program: number) => Promise<T>,
): T | undefined {
  const [answer, setAnswer] = useState<T>();
  const program = trace?.number;
  useEffect(() => {
    let wanted = true;
    if (program === undefined) return;
    void app.attempt(
      "view",
      async () => {
        const heard = await ask(program);
        if (wanted) setAnswer(heard);
      },
      "Looking up names…",
    );
    return () => {
      wanted = false;
    };
  }, [app, program, version, ...question]);
  return answer;
}

/** Above every view of a trace: which program, what it came to, and what is missing. */
export function TraceBar({ app, state, traced, children }: { app: Controller; state: State; traced: Traced; children?: ComponentChildren }) {
  const { traces, trace } = traced;
  const running = state.view?.session.tracing === true;
  return (
    <div class="map-tools trace-bar">
      {children}
      {traces.length > 1 && (
        <select aria-label="Traced program" value={trace?.number ?? 0} onChange={(event) => app.store.set({ program: Number(event.currentTarget.value) })}>
          {traces.map(({ number, pid, command }) => (
            <option key={number} value={number}>
              {pid} {command}
            </option>
          ))}
        </select>
      )}
      {running && (
        <button type="button" onClick={traced.again} title="Shows the trace as it is now">
          Read again
        </button>
      )}
      <span class="hint" role="status">
        {state.failure?.where === "view" ? state.failure.message : trace === undefined ? (running ? "Nothing has been seen yet." : "") : sentence(trace)}
      </span>
    </div>
  );
}

/** Why views of what is live are empty. */
export const NOT_TOLD = "A runtime tells when an object is made, not when it dies: the view Managed counts those that live.";

function sentence(trace: TraceInfo): string {
  const { liveBytes, liveCount, peakBytes, totalBytes, totalCount, seconds, sampleInterval, dropped, unknownFrees, attached, onlyTotals, ended } = trace;
  return [
    ...(onlyTotals
      ? [`made ${size(totalBytes)} in ${counted(Math.round(totalCount), "object")}`, "what is live is not told"]
      : [`live ${size(liveBytes)} in ${counted(Math.round(liveCount), "block")}`, `peak ${size(peakBytes)}`, `allocated ${size(totalBytes)} in ${exact(totalCount)}`]),
    `${seconds.toFixed(1)} s${ended === undefined ? "" : `, ${ended}`}`,
    ...(sampleInterval > 0 ? [`estimated from a sample every ${size(sampleInterval)}`] : []),
    ...(dropped > 0 ? [`${counted(dropped, "operation")} missing: figures are lower bounds`] : []),
    ...(unknownFrees > 0 && attached ? [`${counted(unknownFrees, "block")} given back from before the trace`] : []),
  ].join(" · ");
}
