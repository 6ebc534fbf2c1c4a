import { useState } from "preact/hooks";
import { size } from "../model/format";
import type { Controller } from "./controller";
import { Dialog } from "./Dialogs";
import type { State } from "./state";

interface Trimmed {
  readonly before: number;
  readonly after: number;
  readonly refused: number;
  readonly leftOut: number;
}

/** VMMap's Empty Working Set. It disturbs the target, so it says what it does before it does it, and what came of it. */
export function TrimDialog({ app, state }: { app: Controller; state: State }) {
  const [done, setDone] = useState<Trimmed>();
  const session = state.view?.session;
  if (session === undefined) return null;
  const run = (): void =>
    void app.attempt("save", async () => setDone(await app.server.post<Trimmed>(`/api/sessions/${session.id}/trim`, {})), "Writing pages out…");
  return (
    <Dialog app={app} title="Empty Working Set">
      <p>
        This asks the kernel to write out what <b>{session.title}</b> has in memory. The process goes on running and brings back each page when it touches it, which makes it
        slower for a while. The next snapshots then show what it really uses.
      </p>
      {done === undefined ? (
        <button type="button" class="primary" onClick={run}>
          Empty the working set
        </button>
      ) : (
        <p role="status">
          In memory before: {size(done.before)}, after: {size(done.after)}.{done.leftOut > 0 && ` ${done.leftOut} mappings are locked or of devices and stay.`}
          {done.refused > 0 && ` The kernel refused ${done.refused}.`}
        </p>
      )}
      <Failed state={state} />
    </Dialog>
  );
}

/** Resets Referenced, so that later snapshots show what was touched since. */
export function MarkDialog({ app, state }: { app: Controller; state: State }) {
  const [done, setDone] = useState(false);
  const session = state.view?.session;
  if (session === undefined) return null;
  const run = (): void =>
    void app.attempt("save", async () => {
      await app.server.post(`/api/sessions/${session.id}/mark`, {});
      setDone(true);
    });
  return (
    <Dialog app={app} title="Mark">
      <p>
        This makes the kernel forget which pages <b>{session.title}</b> has touched. From then on the column Referenced shows what was touched since. Nothing is written out and
        the process does not stop; the kernel may choose the pages to swap out a little worse for a while.
      </p>
      {done ? (
        <p role="status">Marked. Use the program, refresh (F5), and look at the column Referenced.</p>
      ) : (
        <button type="button" class="primary" onClick={run}>
          Mark now
        </button>
      )}
      <Failed state={state} />
    </Dialog>
  );
}

function Failed({ state }: { state: State }) {
  if (state.failure?.where !== "save") return null;
  return (
    <p class="dialog-failure" role="alert">
      {state.failure.message}
    </p>
  );
}
