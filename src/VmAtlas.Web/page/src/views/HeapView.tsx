import { useEffect, useRef, useState } from "preact/hooks";
import type { HeapArena, HeapLook, HeapRange } from "../api/answers";
import { CellMap } from "../chart/CellMap";
import { CHUNK_STATES, ChunkSource } from "../chart/ChunkSource";
import { columnOf, type ColumnSpec } from "../model/columns";
import { address, exact, kib, size, time } from "../model/format";
import type { Frame } from "../model/frame";
import { FREE, HEAP } from "../model/memoryTypes";
import { BLOCK, flatRows, type Rows } from "../model/rows";
import { FrameTable } from "../ui/FrameTable";
import type { View } from "../ui/state";
import type { ViewProps, ViewSpec } from "./view";
import { ZoomButtons } from "./ZoomButtons";

/** The annotator that names the heaps that are walked: glibc's, and those of Windows. */
const ANNOTATOR = "Heap";

export const heapView: ViewSpec = {
  name: "heap",
  title: "Heap Allocations",
  label: "Heap Allocations",
  keys: "Alt+H",
  offered: ({ session, rows, since }) => (session.live || session.heap === true) && since === undefined && rows.hasClaim(HEAP, ANNOTATOR),
  Panel: HeapView,
};

const COLUMNS: readonly ColumnSpec[] = [
  columnOf("address", "Block", "address", 140),
  columnOf("size", "Chunk Size", "exact", 92),
  columnOf("usable", "Usable", "exact", 92),
  columnOf("stateName", "State", "text", 70),
  columnOf("class", "Class", "text", 320),
];

interface Chunks {
  readonly source: ChunkSource;
  readonly rows: Rows;
  readonly range: HeapRange;
}

/** The chunks of the selected heap region: a strip of what is used and free, every block, and how large they are. */
function HeapView({ app, state, view }: ViewProps) {
  const [look, setLook] = useState<HeapLook>();
  const [chunks, setChunks] = useState<Chunks>();
  const [hover, setHover] = useState<number>();
  const canvas = useRef<HTMLCanvasElement>(null);
  const map = useRef<CellMap | undefined>(undefined);
  const { session, index } = view;
  // Of a file: what this snapshot kept.
  const kept = session.live ? undefined : index;
  const region = heapRegion(view, state.cursor);
  const [start, end] = region < 0 ? [0, 0] : [view.rows.address[region]!, view.rows.end[region]!];
  const walk = (): void => void app.attempt("view", async () => setLook(await app.source.heap(session.id, index)), "Walking the heap…");
  useEffect(walk, [app, session.id, kept]);
  useEffect(() => {
    if (look === undefined || region < 0) return;
    const stop = new AbortController();
    const range = [start, end] as const;
    void app.attempt("view", async () => {
      const [sums, frame] = await Promise.all([app.source.heapRange(session.id, index, range, stop.signal), app.source.heapChunks(session.id, index, range, stop.signal)]);
      if (!stop.signal.aborted) setChunks({ source: ChunkSource.of(frame), rows: rowsOf(frame), range: sums });
    });
    return () => stop.abort();
  }, [app, look, start, end, state.theme]);
  useEffect(() => {
    if (canvas.current === null) return;
    map.current = new CellMap(canvas.current, { onHover: setHover, onChoose: setHover });
    return () => map.current?.dispose();
  }, [app]);
  useEffect(() => {
    if (chunks !== undefined) map.current?.show(chunks.source);
  }, [chunks]);
  const at = hover === undefined || chunks === undefined ? -1 : chunks.source.rowOf(hover);
  return (
    <div class="heap">
      <div class="map-main">
        <div class="map-tools">
          {session.live && (
            <button type="button" onClick={walk}>
              Look again
            </button>
          )}
          <ZoomButtons map={map} />
          <span class="map-hover" role="status">
            {state.failure?.where === "view"
              ? state.failure.message
              : look === undefined
                ? "Walking the heap…"
                : region < 0
                  ? "Select a heap in the details."
                  : at >= 0 && chunks !== undefined
                    ? `${address(chunks.rows.address[at]!)}  ${exact(chunks.rows.value(at, "size"))} bytes  ${CHUNK_STATES[chunks.rows.value(at, "state")]!.title}  ${chunks.rows.text(at, "class")}`
                    : `${view.rows.text(region, "details")}: as it was at ${time(look.time)}, ${look.approximate ? "approximate: it moved while it was read" : "exact: nothing moved meanwhile"}`}
          </span>
        </div>
        <canvas ref={canvas} class="cells heap-strip" role="application" aria-label="The heap's bytes by state; the table below and the sums beside say the same" />
        {chunks !== undefined && (
          <FrameTable
            label="Blocks of the heap"
            prefix="chunk"
            rows={chunks.rows}
            columns={COLUMNS}
            empty="No block lies in this region."
            onCursor={(row) => row >= 0 && map.current?.mark(chunks.source.unitOf(row))}
          />
        )}
      </div>
      <div class="list" tabIndex={0} role="region" aria-label="Sums of the heap">
        {chunks !== undefined && <RangeSums range={chunks.range} rows={chunks.rows.count} />}
        {look !== undefined && <LookSums look={look} />}
      </div>
    </div>
  );
}

function rowsOf(frame: Frame): Rows {
  const [states, starts, sizes] = ["state", "chunk", "size"].map((key) => frame.columns.get(key)!.values);
  const types = Uint8Array.from(states!, (state) => (state <= 1 ? HEAP : FREE));
  return flatRows(frame, types, Float64Array.from(starts!, (chunk, i) => chunk + sizes![i]!));
}

/** The selected heap; when another thing is selected, the one with the most in memory. */
function heapRegion({ rows }: View, cursor: number): number {
  const top = cursor >= 0 && cursor < rows.count && rows.level[cursor] === BLOCK ? rows.parent[cursor]! : cursor;
  const isHeap = (row: number): boolean => rows.type[row] === HEAP && rows.level[row] !== BLOCK && rows.text(row, "annotator") === ANNOTATOR;
  if (top >= 0 && top < rows.count && isHeap(top)) return top;
  let largest = -1;
  for (let row = 0; row < rows.count; row++) if (rows.type[row] === HEAP && isHeap(row) && (largest < 0 || rows.value(row, "totalWs") > rows.value(largest, "totalWs"))) largest = row;
  return largest;
}

function RangeSums({ range, rows }: { range: HeapRange; rows: number }) {
  const most = Math.max(1, ...range.sizes.map(({ used, free }) => used.bytes + free.bytes));
  const all = range.states.reduce((sum, { chunks }) => sum + chunks, 0);
  return (
    <>
      <table>
        <caption>
          The region: {exact(all)} chunks{rows < all ? `, of which the ${exact(rows)} largest are listed` : ""}
        </caption>
        <tbody>
          {range.states.map((row, i) =>
            row.chunks === 0 ? null : (
              <tr key={row.state}>
                <th scope="row" class="text">
                  <span class="swatch" aria-hidden="true" style={{ background: `var(${CHUNK_STATES[i]!.colour})` }} />
                  {CHUNK_STATES[i]!.title}
                </th>
                <td>{exact(row.chunks)}</td>
                <td>{kib(row.bytes)}</td>
              </tr>
            ),
          )}
        </tbody>
      </table>
      <table>
        <caption>By size</caption>
        <thead>
          <tr>
            <th scope="col">Chunks of</th>
            <th scope="col">In use</th>
            <th scope="col">K</th>
            <th scope="col">Free</th>
            <th scope="col">K</th>
            <th scope="col" class="text">
              Bytes
            </th>
          </tr>
        </thead>
        <tbody>
          {range.sizes.map(({ from, to, used, free }) => (
            <tr key={from}>
              <td>
                {exact(from)}–{exact(to)}
              </td>
              <td>{used.chunks === 0 ? "" : exact(used.chunks)}</td>
              <td>{kib(used.bytes).replace(" K", "")}</td>
              <td>{free.chunks === 0 ? "" : exact(free.chunks)}</td>
              <td>{kib(free.bytes).replace(" K", "")}</td>
              <td class="text">
                <span class="histogram" aria-hidden="true">
                  <span class="used" style={{ width: `${(used.bytes / most) * 100}%` }} />
                  <span class="free" style={{ width: `${(free.bytes / most) * 100}%` }} />
                </span>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

function LookSums({ look }: { look: HeapLook }) {
  const isMalloc = look.allocator === "glibc";
  const titles = ["Arena", "From system", "In use", "Free", "Cached", "Top", "Holes", "Trim"];
  // Heaps of Windows have no caches, no tops and nothing to trim.
  const shown = titles.map((title) => isMalloc || !["Cached", "Top", "Trim"].includes(title));
  return (
    <>
      <table>
        <caption>
          {isMalloc ? "All of malloc" : `All ${look.allocator}s`}: {exact(look.inUse.blocks)} blocks in use, {size(look.inUse.bytes)}; mapped by themselves {exact(look.mapped.chunks)}, {size(look.mapped.bytes)}
        </caption>
        <thead>
          <tr>
            {titles.filter((_, i) => shown[i]).map((title) => (
              <th scope="col" key={title}>
                {title === "Arena" && !isMalloc ? "Heap" : title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {look.arenas.map((arena) => (
            <tr key={arena.number}>
              {arenaCells(arena, isMalloc).filter((_, i) => shown[i]).map((cell, i) => (
                <td key={i}>{cell}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {look.growth !== undefined && (
        <table>
          <caption>{look.growth.length === 0 ? "No size has clearly more blocks than at the look before." : "Sizes with more blocks than at the look before"}</caption>
          <tbody>
            {look.growth.map(({ size: bytes, before, after }) => (
              <tr key={bytes}>
                <td>{exact(bytes)} bytes</td>
                <td>
                  {exact(before)} → {exact(after)}
                </td>
                <td>+{kib((after - before) * bytes)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {look.problems.map((problem) => (
        <p key={problem.id} class="hint">
          {problem.message}
        </p>
      ))}
    </>
  );
}

function arenaCells(arena: HeapArena, isMalloc: boolean): string[] {
  return [
    isMalloc && arena.number === 0 ? "main" : String(arena.number),
    kib(arena.system),
    kib(arena.inUse.bytes),
    kib(arena.free.bytes),
    kib(arena.fastbins.bytes + arena.tcache.bytes),
    kib(arena.top),
    `${(arena.fragmentation * 100).toFixed(0)} %`,
    kib(arena.trimmableResident ?? arena.trimmable),
  ];
}
