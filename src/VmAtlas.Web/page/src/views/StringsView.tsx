import { useEffect, useRef, useState } from "preact/hooks";
import { address, counted, size } from "../model/format";
import type { ViewProps, ViewSpec } from "./view";

export const stringsView: ViewSpec = {
  name: "strings",
  title: "Strings",
  label: "Strings",
  keys: "Alt+T",
  offered: ({ session }) => session.live,
  Panel: StringsView,
};

interface Found {
  readonly address: string;
  readonly encoding: string;
  readonly text: string;
}

interface Line extends Partial<Found> {
  readonly told?: number;
  readonly bytesRead?: number;
  readonly more?: boolean;
}

/** Rows drawn at once; the rest come by scrolling to the end. */
const DRAWN = 300;
const DRAW_EVERY_MS = 150;

/** The strings in the selected row's memory, as they are found. */
function StringsView({ app, state, view }: ViewProps) {
  const [least, setLeast] = useState(5);
  const [grep, setGrep] = useState("");
  const [found, setFound] = useState<readonly Found[]>([]);
  const [status, setStatus] = useState("");
  const [drawn, setDrawn] = useState(DRAWN);
  const stop = useRef<AbortController | undefined>(undefined);
  useEffect(() => () => stop.current?.abort(), []);
  const { rows, session } = view;
  const row = state.cursor;
  const known = row >= 0 && row < rows.count && !rows.isGap(row);

  const search = async (): Promise<void> => {
    if (!known) return;
    stop.current?.abort();
    const mine = (stop.current = new AbortController());
    const texts: Found[] = [];
    setFound([]);
    setDrawn(DRAWN);
    setStatus("Reading…");
    const query = `start=${address(rows.address[row]!)}&end=${address(rows.end[row]!)}&least=${least}&grep=${encodeURIComponent(grep)}`;
    await app.attempt("view", async () => {
      let last = performance.now();
      for await (const line of app.server.lines<Line>(`/api/sessions/${session.id}/strings?${query}`, mine.signal)) {
        if (mine.signal.aborted) return;
        if (line.text !== undefined) texts.push(line as Found);
        if (line.told !== undefined) setStatus(`${counted(line.told, "string")} in ${size(line.bytesRead ?? 0)} present${line.more === true ? "; there are more: narrow the search" : ""}`);
        if (line.told !== undefined || performance.now() - last > DRAW_EVERY_MS) {
          setFound([...texts]);
          last = performance.now();
        }
      }
    });
  };

  return (
    <div class="strings">
      <form
        class="map-tools"
        onSubmit={(event) => {
          event.preventDefault();
          void search();
        }}
      >
        <label>
          At least{" "}
          <input type="number" min={1} max={1000} value={least} onInput={(event) => setLeast(event.currentTarget.valueAsNumber || 5)} /> characters
        </label>
        <label>
          Matching <input type="text" value={grep} spellcheck={false} placeholder="regular expression" onInput={(event) => setGrep(event.currentTarget.value)} />
        </label>
        <button type="submit" disabled={!known}>
          Search
        </button>
        <button type="button" onClick={() => stop.current?.abort()}>
          Stop
        </button>
        <button type="button" disabled={found.length === 0} onClick={() => void app.copy(found.map((f) => `${f.address}\t${f.text}`).join("\n"))}>
          Copy
        </button>
        <span class="hint" role="status">
          {state.failure?.where === "view" ? state.failure.message : known ? status : "Select a region or block above, then search its strings."}
        </span>
      </form>
      <div
        class="list"
        tabIndex={0}
        role="region"
        aria-label="Strings found"
        onScroll={({ currentTarget: list }) => {
          if (list.scrollTop + list.clientHeight > list.scrollHeight - 200 && drawn < found.length) setDrawn(drawn + DRAWN);
        }}
      >
        <table>
          <tbody>
            {found.slice(0, drawn).map((text) => (
              <tr key={text.address + text.encoding}>
                <td class="mono">{text.address}</td>
                <td class="muted">{text.encoding}</td>
                <td class="mono text">{text.text}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}
