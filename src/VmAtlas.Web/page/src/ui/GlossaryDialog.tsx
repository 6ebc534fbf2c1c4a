import { useEffect, useRef, useState } from "preact/hooks";
import type { GlossaryEntry } from "../api/answers";
import type { Controller } from "./controller";
import { Dialog } from "./Dialogs";

const KINDS = [
  ["Type", "Types of memory"],
  ["Column", "Columns"],
  ["Term", "Words"],
] as const;

/** Every type, column and word explained to somebody who meets it for the first time. */
export function GlossaryDialog({ app }: { app: Controller }) {
  const [entries, setEntries] = useState<readonly GlossaryEntry[]>([]);
  const [search, setSearch] = useState("");
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => void app.attempt("window", async () => setEntries(await app.source.glossary())), [app]);
  useEffect(() => {
    const word = app.glossaryWord.toLowerCase();
    const entry = entries.findIndex((e) => e.title.toLowerCase() === word);
    if (word !== "" && entry >= 0) place.current?.querySelector(`[data-entry="${entry}"]`)?.scrollIntoView({ block: "start" });
  }, [entries]);
  const needle = search.toLowerCase();
  const fits = (e: GlossaryEntry): boolean => `${e.title} ${e.short} ${e.more ?? ""}`.toLowerCase().includes(needle);
  return (
    <Dialog app={app} title="Glossary" wide>
      <label>
        Search: <input type="text" autofocus value={search} onInput={(event) => setSearch(event.currentTarget.value)} />
      </label>
      <div class="glossary" ref={place} tabIndex={0} role="region" aria-label="Entries">
        {KINDS.map(([kind, title]) => (
          <section key={kind}>
            <h3>{title}</h3>
            <dl>
              {entries.map((entry, i) =>
                entry.kind !== kind || !fits(entry) ? null : (
                  <div key={entry.key} data-entry={i} class={entry.title.toLowerCase() === app.glossaryWord.toLowerCase() ? "asked" : ""}>
                    <dt>{entry.title}</dt>
                    <dd>
                      {entry.short} {entry.more}
                      {entry.linux !== undefined && <span class="muted"> On Linux: {entry.linux}</span>}
                    </dd>
                  </div>
                ),
              )}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
