import { MANAGED_HEAP } from "../model/memoryTypes";
import type { Controller } from "./controller";
import { Dialog } from "./Dialogs";
import type { State } from "./state";
import { TraceFields, traceRequestOf } from "./TraceFields";

/** Attaching to the running process. It disturbs the target, so it says what it does before it does it. */
export function TraceDialog({ app, state }: { app: Controller; state: State }) {
  if (state.view === undefined) return null;
  const { session, rows } = state.view;
  const managed = rows.hasClaim(MANAGED_HEAP, ".NET");
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const request = traceRequestOf(new FormData(event.currentTarget as HTMLFormElement));
    if (request !== null) void app.attempt("save", () => app.trace(request), "Attaching…");
  };
  return (
    <Dialog app={app} title="Trace Allocations">
      <form class="fields" onSubmit={submit}>
        {managed && (
          <p>
            The runtime of <b>{session.title}</b> can tell which objects are made, and by which calls. It does not tell when they die: what counts is the total. Nothing is loaded and no
            thread stands still.
          </p>
        )}
        <p>
          {managed ? "Its native allocations are another trace, which" : "This"} loads VmAtlas's agent into <b>{session.title}</b>. One thread of it stands still for some milliseconds; then the process goes on, and each allocation takes a little
          longer. When the trace is stopped every hook is taken out again. What was allocated before the trace is not known to it.
        </p>
        <TraceFields optional={false} managed={managed ? "known" : "no"} />
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
