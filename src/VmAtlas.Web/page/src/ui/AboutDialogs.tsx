import { useEffect, useState } from "preact/hooks";
import { size } from "../model/format";
import type { Controller } from "./controller";
import { Dialog } from "./Dialogs";
import { menus } from "./menus";
import type { State } from "./state";

/** Which parts of the reading ran, which did not and why, and what the system's own counters say. */
export function ReadingDialog({ app, state }: { app: Controller; state: State }) {
  const summary = state.view?.summary;
  if (summary === undefined) return null;
  return (
    <Dialog app={app} title="About the Reading" wide>
      <div class="reading">
        <section>
          <h3>Annotators, in the order in which they claim</h3>
          <table>
            <tbody>
              {summary.annotators.map((annotator) => (
                <tr key={annotator.name}>
                  <th scope="row">{annotator.name}</th>
                  <td>{annotator.ran ? "ran" : `did not run: ${annotator.whyNot ?? "no reason was kept"}`}</td>
                  <td class="number">{annotator.milliseconds.toFixed(1)} ms</td>
                </tr>
              ))}
            </tbody>
          </table>
          <h3>What could not be read, or did not fit</h3>
          {summary.system === undefined || summary.system.problems.length === 0 ? (
            <p>Nothing.</p>
          ) : (
            <ul>
              {summary.system.problems.map((problem) => (
                <li key={problem.id + problem.message}>{problem.message}</li>
              ))}
            </ul>
          )}
        </section>
        <section>
          <h3>The system's own counters</h3>
          <table>
            <tbody>
              {Object.entries(summary.counters ?? {}).map(([name, value]) => (
                <tr key={name}>
                  <th scope="row">{name}</th>
                  <td class="number">{size(value)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      </div>
    </Dialog>
  );
}

export function ShortcutsDialog({ app }: { app: Controller }) {
  const items = menus(app).flatMap((menu) => menu.items.flatMap((item) => (item === "line" || item.keys === undefined ? [] : [[item.keys, item.label] as const])));
  const more = [
    ["↑ ↓ PgUp PgDn Home End", "Move in a table; with Shift select"],
    ["→ ←", "Open and close a region"],
    ["Ctrl+Shift+A", "Select all rows"],
    ["Enter", "Why this row"],
    ["Alt+← → ↑ ↓", "On a column's title: move and size it"],
    ["+ − arrows Home", "In a map: zoom, move, whole"],
  ] as const;
  return (
    <Dialog app={app} title="Keyboard">
      <table class="keys-table">
        <tbody>
          {[...items, ...more].map(([keys, label]) => (
            <tr key={keys + label}>
              <th scope="row">{keys}</th>
              <td>{label}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p class="hint">Ctrl+T and Ctrl+N belong to the browser, so Strings is Alt+T.</p>
    </Dialog>
  );
}

interface About {
  readonly version: string;
  readonly host: string;
  readonly system: string;
  readonly user: string;
}

export function AboutDialog({ app }: { app: Controller }) {
  const [about, setAbout] = useState<About>();
  useEffect(() => {
    if (!app.readOnly) void app.attempt("window", async () => setAbout(await app.server.getJson<About>("/api/about")));
  }, [app]);
  return (
    <Dialog app={app} title="About VmAtlas">
      <p>VmAtlas shows where a process's memory goes.</p>
      {about !== undefined && (
        <p>
          Version {about.version}, on {about.host} ({about.system}) as {about.user}.
        </p>
      )}
    </Dialog>
  );
}
