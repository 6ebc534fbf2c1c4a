import { useEffect, useState } from "preact/hooks";
import type { SymbolFolders } from "../api/answers";
import type { Controller } from "./controller";
import { Dialog } from "./Dialogs";
import type { State } from "./state";

/** Where debug information is looked for. The list is the user's, for every page and the command line. */
export function SymbolsDialog({ app, state }: { app: Controller; state: State }) {
  const [known, setKnown] = useState<SymbolFolders>();
  const [kept, setKept] = useState(false);
  useEffect(() => void app.attempt("save", async () => setKnown(await app.server.getJson<SymbolFolders>("/api/symbols"))), [app]);
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const text = new FormData(event.currentTarget as HTMLFormElement).get("folders");
    setKept(false);
    void app.attempt("save", async () => {
      await app.server.post("/api/symbols", { folders: String(text).split("\n") });
      setKept(true);
      app.store.set({ names: app.store.value.names + 1 });
    });
  };
  return (
    <Dialog app={app} title="Symbol Folders">
      {known !== undefined && (
        <form class="fields" onSubmit={submit}>
          <p>
            Functions, files and lines of a trace come from debug information: of the program's own files, of <code>.build-id</code> folders below the ones named here, and of{" "}
            {known.always.map((folder, i) => (
              <span key={folder}>
                {i > 0 && ", "}
                <code>{folder}</code>
              </span>
            ))}
            . What has no name yet, in traces of processes and of files, is looked up there at once.
          </p>
          <label>
            Folders, one a line
            <textarea name="folders" rows={6} spellcheck={false} defaultValue={known.folders.join("\n")} disabled={known.file === undefined} onInput={() => setKept(false)} />
          </label>
          {known.file === undefined ? (
            <p>There is no folder for settings here: name folders with --symbols.</p>
          ) : (
            <button type="submit" class="primary">
              Keep in {known.file}
            </button>
          )}
          <p role="status">{kept ? "Kept." : ""}</p>
        </form>
      )}
      {state.failure?.where === "save" && (
        <p class="dialog-failure" role="alert">
          {state.failure.message}
        </p>
      )}
    </Dialog>
  );
}
