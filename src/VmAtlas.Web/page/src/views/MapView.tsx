import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { CellMap } from "../chart/CellMap";
import { SpaceSource } from "../chart/SpaceSource";
import { address, size } from "../model/format";
import { holesOf } from "../model/holes";
import { timed } from "../model/timed";
import type { SummaryRow } from "../api/answers";
import { TYPE_NAMES, typeClass } from "../model/memoryTypes";
import type { ViewProps, ViewSpec } from "./view";
import { ZoomButtons } from "./ZoomButtons";

/** Types that have addresses: Image to Private Data. */
const WITH_ADDRESSES = 7;

export const mapView: ViewSpec = {
  name: "map",
  title: "Fragmentation",
  label: "Fragmentation View",
  keys: "Alt+M",
  offered: ({ since }) => since === undefined,
  Panel: MapView,
};

/** The whole address space with its gaps folded, and the holes by size. */
function MapView({ app, state, view }: ViewProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const map = useRef<CellMap | undefined>(undefined);
  const source = useRef<SpaceSource | undefined>(undefined);
  const [hover, setHover] = useState<number>();
  const { rows } = view;
  const holes = useMemo(() => timed("holes", () => holesOf(rows)), [rows]);
  useEffect(() => {
    if (canvas.current === null) return;
    map.current = new CellMap(canvas.current, {
      onHover: setHover,
      onChoose: (unit) => app.reveal(source.current?.rowOf(unit) ?? -1),
    });
    return () => map.current?.dispose();
  }, [app]);
  useEffect(() => {
    source.current = timed("map-source", () => new SpaceSource(rows));
    map.current?.show(source.current);
  }, [rows, state.theme]);
  useEffect(() => {
    if (state.cursor >= 0) map.current?.mark(source.current?.unitOf(state.cursor) ?? -1);
  }, [state.cursor, rows]);
  const row = hover === undefined ? -1 : (source.current?.rowOf(hover) ?? -1);
  return (
    <div class="map">
      <div class="map-main">
        <div class="map-tools">
          <ZoomButtons map={map} />
          <span class="map-hover" role="status">
            {row < 0 || hover === undefined
              ? "Wheel or + and −: zoom. Drag or arrow keys: move. Click or Enter: select the region. Pale: only reserved. Gaps and large reservations are folded."
              : `${address(source.current!.addressOf(hover))}  ${TYPE_NAMES[rows.type[row]!]}  ${size(rows.end[row]! - rows.address[row]!)}  ${rows.text(row, "protection")}  ${rows.text(rows.parent[row]! >= 0 ? rows.parent[row]! : row, "details")}`}
          </span>
        </div>
        <canvas ref={canvas} class="cells" role="application" aria-label="Map of the address space; the details with free and unusable ranges shown have the same as a table" />
      </div>
      <div class="list" tabIndex={0} role="region" aria-label="Free holes by size, and how well each type's space is used">
        <table>
          <caption>
            {holes.count} holes, {size(holes.bytes)}, largest {size(holes.largest)};{" "}
            <button type="button" class="link" onClick={() => app.askGlossary("Fragmentation")}>
              fragmentation
            </button>{" "}
            {(holes.index * 100).toFixed(2)} %
          </caption>
          <thead>
            <tr>
              <th scope="col">Holes of at least</th>
              <th scope="col">Count</th>
              <th scope="col">Together</th>
            </tr>
          </thead>
          <tbody>
            {holes.classes.map((c) => (
              <tr key={c.least}>
                <td>{size(c.least)}</td>
                <td>{c.count}</td>
                <td>{size(c.bytes)}</td>
              </tr>
            ))}
          </tbody>
        </table>
        <Uses summary={view.summary.summary} />
      </div>
    </div>
  );
}

/** How much of each type's address space is committed, and how much is in memory. */
function Uses({ summary }: { summary: readonly SummaryRow[] }) {
  const share = (row: SummaryRow, key: string): string => {
    const [part, whole] = [row[key], row["size"]];
    return typeof part !== "number" || typeof whole !== "number" || whole === 0 ? "" : `${((part / whole) * 100).toFixed(1)} %`;
  };
  return (
    <table>
      <caption>Use of each type's space</caption>
      <thead>
        <tr>
          <th scope="col" class="text">
            Type
          </th>
          <th scope="col">Size</th>
          <th scope="col">Committed</th>
          <th scope="col">In memory</th>
        </tr>
      </thead>
      <tbody>
        {summary.slice(1, 1 + WITH_ADDRESSES).map((row, type) =>
          row["size"] === 0 ? null : (
            <tr key={row.type} class={typeClass(type)}>
              <th scope="row" class="text">
                <span class="swatch" aria-hidden="true" />
                {row.type}
              </th>
              <td>{size(Number(row["size"] ?? 0))}</td>
              <td>{share(row, "committed")}</td>
              <td>{share(row, "totalWs")}</td>
            </tr>
          ),
        )}
      </tbody>
    </table>
  );
}
