import { timeAndDate } from "../model/format";
import type { Controller } from "./controller";
import type { State, View } from "./state";

const INTERVALS = [1, 2, 5, 10];

/** Who the target is, and how it is kept fresh. */
export function ProcessLine({ app, state, view }: { app: Controller; state: State; view: View }) {
  const { session } = view;
  const { process, system } = session;
  const facts: [string, string | undefined][] = [
    ["Process", process.name],
    ["PID", process.pid === 0 ? undefined : String(process.pid)],
    ["User", process.user],
    ["Threads", process.threads?.toString()],
    ["Arch", process.architecture],
    ["Container", process.container],
    ["Started", process.startedAt === undefined ? undefined : timeAndDate(process.startedAt)],
    ["Kernel", session.live ? undefined : system.kernel],
    ["Host", session.live ? undefined : system.host],
  ];
  const interval = session.interval ?? state.paused ?? 0;
  return (
    <section class="process" aria-label="Process">
      <dl>
        {facts.map(([name, value]) =>
          value === undefined ? null : (
            <div key={name}>
              <dt>{name}:</dt>
              <dd title={value}>{value}</dd>
            </div>
          ),
        )}
        <div class="command">
          <dt>Command:</dt>
          <dd title={process.command ?? process.executable ?? ""}>{process.command ?? process.executable ?? "not known"}</dd>
        </div>
      </dl>
      {session.tracing === true && (
        <div class="live tracing">
          <span class="recording" aria-hidden="true" /> Tracing
          <button type="button" onClick={() => void app.stopTrace()} title="The process goes on">
            Stop
          </button>
        </div>
      )}
      {session.live && (
        <div class="live">
          {session.ended === undefined ? (
            <>
              <button type="button" onClick={() => void app.refresh()} title="Take a new snapshot (F5)">
                Refresh
              </button>
              <label>
                Every{" "}
                <select value={interval} onChange={(event) => void app.setInterval(Number(event.currentTarget.value))}>
                  <option value={0}>off</option>
                  {INTERVALS.map((seconds) => (
                    <option key={seconds} value={seconds}>
                      {seconds} s
                    </option>
                  ))}
                </select>
              </label>
              <button type="button" aria-pressed={state.paused !== undefined} disabled={interval === 0} onClick={() => void app.togglePause()} title="Ctrl+Space">
                Pause
              </button>
            </>
          ) : (
            <span class="ended" role="status">
              {session.ended}
            </span>
          )}
        </div>
      )}
    </section>
  );
}
