import { useEffect, useRef, useState } from "preact/hooks";
import { CellMap } from "../chart/CellMap";
import { PageSource } from "../chart/PageSource";
import { address } from "../model/format";
import { MOST_PAGES, PAGE, PAGE_KINDS, pagesPath, pageText } from "../model/pages";
import type { ViewProps, ViewSpec } from "./view";
import { ZoomButtons } from "./ZoomButtons";

export const pagesView: ViewSpec = {
  name: "pages",
  title: "Pages",
  label: "Pages",
  keys: "Alt+P",
  offered: ({ session }) => session.live,
  Panel: PagesView,
};

/** The pages of the selected region, one cell each when near enough. */
function PagesView({ app, state, view }: ViewProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const map = useRef<CellMap | undefined>(undefined);
  const [pages, setPages] = useState<{ source: PageSource; states: Uint8Array }>();
  const [hover, setHover] = useState<number>();
  const { rows, session } = view;
  const row = state.cursor;
  const known = row >= 0 && row < rows.count && !rows.isGap(row);
  const [start, end] = known ? [rows.address[row]!, rows.end[row]!] : [0, 0];
  useEffect(() => {
    if (canvas.current === null) return;
    map.current = new CellMap(canvas.current, { onHover: setHover, onChoose: setHover });
    return () => map.current?.dispose();
  }, [app, known]);
  useEffect(() => {
    setPages(undefined);
    if (!known) return;
    const stop = new AbortController();
    void app.attempt("view", async () => {
      const states = new Uint8Array(await app.server.getBytes(pagesPath(session.id, start, end), stop.signal));
      if (!stop.signal.aborted) setPages({ source: new PageSource(start, PAGE, states), states });
    });
    return () => stop.abort();
  }, [app, start, end, view.summary, state.theme]);
  useEffect(() => {
    if (pages !== undefined) map.current?.show(pages.source);
  }, [pages]);
  if (!known) return <p class="hint">Select a region or block above to see its pages.</p>;
  const page = hover === undefined ? -1 : Math.floor(hover);
  const counts = pages?.source.counts;
  return (
    <div class="map">
      <div class="map-main">
        <div class="map-tools">
          <ZoomButtons map={map} />
          <span class="map-hover" role="status">
            {state.failure?.where === "view"
              ? state.failure.message
              : pages === undefined
                ? "Reading the pages…"
                : page < 0 || page >= pages.states.length
                  ? `${pages.states.length.toLocaleString("en-US")} pages as they are now${end > start + MOST_PAGES * PAGE ? ", the first of a larger range" : ""}`
                  : `${address(pages.source.addressOf(page))}: ${pageText(pages.states[page]!)}`}
          </span>
        </div>
        <canvas ref={canvas} class="cells" role="application" aria-label="Pages of the selected row; the counts beside say the same" />
      </div>
      <div class="list" tabIndex={0} role="region" aria-label="Pages by state">
        <table>
          <thead>
            <tr>
              <th scope="col" class="text">
                State
              </th>
              <th scope="col">Pages</th>
            </tr>
          </thead>
          <tbody>
            {PAGE_KINDS.map((kind, i) => (
              <tr key={kind.title}>
                <th scope="row" class="text">
                  <span class="swatch" aria-hidden="true" style={{ background: `var(${kind.colour})` }} />
                  {kind.title}
                </th>
                <td>{counts === undefined ? "" : counts[i]!.toLocaleString("en-US")}</td>
              </tr>
            ))}
            {pages !== undefined && pages.source.dirty > 0 && (
              <tr class="dirty" title="Written since the last mark, or since it was mapped: drawn halfway to this colour">
                <th scope="row" class="text">
                  <span class="swatch" aria-hidden="true" style={{ background: "var(--text)" }} />
                  of these, written
                </th>
                <td>{pages.source.dirty.toLocaleString("en-US")}</td>
              </tr>
            )}
          </tbody>
        </table>
      </div>
    </div>
  );
}
