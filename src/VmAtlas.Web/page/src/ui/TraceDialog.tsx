import type { Controller } from "./controller";
import { Dialog } from "./Dialogs";
import type { State } from "./state";
import { TraceFields, traceRequestOf } from "./TraceFields";

/** Attaching to the running process. It disturbs the target, so it says what it does before it does it. */
export function TraceDialog({ app, state }: { app: Controller; state: State }) {
  const session = state.view?.session;
  if (session === undefined) return null;
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const request = traceRequestOf(new FormData(event.currentTarget as HTMLFormElement));
    if (request !== null) void app.attempt("save", () => app.trace(request), "Attaching…");
  };
  return (
    <Dialog app={app} title="Trace Allocations">
      <form class="fields" onSubmit={submit}>
        <p>
          This loads VmAtlas's agent into <b>{session.title}</b>. One thread of it stands still for some milliseconds; then the process goes on, and each allocation takes a little
          longer. When the trace is stopped every hook is taken out again. What was allocated before the trace is not known to it.
        </p>
        <TraceFields optional={false} />
        <button type="submit" class="primary">
          Start the trace
        </button>
      </form>
      {state.failure?.where === "save" && (
        <p class="dialog-failure" role="alert">
          {state.failure.message}
        </p>
      )}
    </Dialog>
  );
}
