import { useState } from "preact/hooks";
import type { SessionInfo } from "../api/answers";
import type { Controller } from "./controller";
import { Dialog } from "./Dialogs";
import type { State } from "./state";

export function Chooser({ app, state }: { app: Controller; state: State }) {
  const [pid, setPid] = useState("");
  const open = (): void =>
    void app.attempt("chooser", async () => app.openSession(await app.server.post<SessionInfo>("/api/open", { pid: Number(pid) })));
  return (
    <Dialog app={app} title="Select or Launch Process" wide>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          open();
        }}
      >
        <label>
          PID <input value={pid} onInput={(event) => setPid(event.currentTarget.value)} />
        </label>
        <button type="submit">Open</button>
      </form>
      {state.failure?.where === "chooser" && <p role="alert">{state.failure.message}</p>}
    </Dialog>
  );
}
