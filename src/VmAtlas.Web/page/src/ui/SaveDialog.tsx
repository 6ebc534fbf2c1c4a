import { useState } from "preact/hooks";
import { size } from "../model/format";
import type { Controller } from "./controller";
import { Dialog } from "./Dialogs";
import type { State } from "./state";

const KINDS = [
  { ending: "vmatlas", title: "VmAtlas file: everything, opens again here", all: true },
  { ending: "html", title: "Report: one html file that needs no server, to attach to a bug report", all: true },
  { ending: "csv", title: "csv in VMMap's layout", all: false },
  { ending: "txt", title: "Text in VMMap's layout", all: false },
  { ending: "json", title: "json with all columns", all: false },
] as const;

interface Saved {
  readonly path: string;
  readonly bytes: number;
}

/** Saves to the machine that vmatlas runs on, or downloads to the browser's. */
export function SaveDialog({ app, state }: { app: Controller; state: State }) {
  const { view } = state;
  const [kind, setKind] = useState<(typeof KINDS)[number]>(KINDS[0]);
  const [all, setAll] = useState(true);
  const [saved, setSaved] = useState<Saved>();
  const [path, setPath] = useState<string>();
  if (view === undefined) return null;
  const { session, index } = view;
  const name = `${session.process.name.replaceAll(/[^\w.-]/g, "_") || "process"}-${session.process.pid}.${kind.ending}`;
  const chosen = path ?? name;
  const one = all && kind.all ? undefined : index;
  const save = (event: SubmitEvent): void => {
    event.preventDefault();
    setSaved(undefined);
    const body = { path: chosen, index: one ?? null };
    void app.attempt("save", async () => setSaved(await app.server.post<Saved>(`/api/sessions/${session.id}/save`, body)), "Saving…");
  };
  const download = (): void =>
    void app.attempt("save", async () => {
      const bytes = await app.server.getBytes(`/api/sessions/${session.id}/export?kind=${kind.ending}${one === undefined ? "" : `&index=${one}`}`);
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([bytes]));
      link.download = name;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
    }, "Preparing the download…");
  return (
    <Dialog app={app} title="Save and Export">
      <form class="fields" onSubmit={save}>
        <fieldset>
          <legend>As</legend>
          {KINDS.map((k) => (
            <label key={k.ending}>
              <input
                type="radio"
                name="kind"
                checked={kind === k}
                onChange={() => {
                  setKind(k);
                  setPath(path?.replace(/\.\w+$/, `.${k.ending}`));
                }}
              />{" "}
              .{k.ending} – {k.title}
            </label>
          ))}
        </fieldset>
        {kind.all && session.snapshots.length > 1 && (
          <label>
            <input type="checkbox" checked={all} onChange={() => setAll(!all)} /> All {session.snapshots.length} snapshots, not only number {index + 1}
          </label>
        )}
        <label>
          File on the machine of vmatlas <input type="text" autofocus value={chosen} spellcheck={false} onInput={(event) => setPath(event.currentTarget.value)} />
        </label>
        <div class="buttons">
          <button type="submit" class="primary">
            Save there
          </button>
          <button type="button" onClick={download}>
            Download here
          </button>
        </div>
      </form>
      {saved !== undefined && (
        <p role="status">
          Saved {saved.path}, {size(saved.bytes)}.
        </p>
      )}
      {state.failure?.where === "save" && (
        <p class="dialog-failure" role="alert">
          {state.failure.message}
        </p>
      )}
    </Dialog>
  );
}
