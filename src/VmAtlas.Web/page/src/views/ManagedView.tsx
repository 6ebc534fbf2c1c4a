import { useEffect, useState } from "preact/hooks";
import type { ManagedHeap, ManagedUse } from "../api/answers";
import { exact, kib, signedKib, size, time } from "../model/format";
import { MANAGED_HEAP } from "../model/memoryTypes";
import type { Controller } from "../ui/controller";
import type { ViewProps, ViewSpec } from "./view";

export const managedView: ViewSpec = {
  name: "managed",
  title: "Managed",
  label: "Managed Memory (.NET)",
  keys: "Alt+N",
  offered: ({ rows }) => rows.hasClaim(MANAGED_HEAP, ".NET"),
  Panel: ManagedView,
};

/** The heaps by their names in json: the words of the snapshot's blocks. */
const HEAPS: Readonly<Record<string, string>> = {
  gen0: "generation 0",
  gen1: "generation 1",
  gen2: "generation 2",
  loh: "large objects",
  poh: "pinned objects",
  frozen: "frozen objects",
  freeRegions: "free regions",
  bookkeeping: "GC bookkeeping",
  handleTable: "handle table",
  loaderHigh: "loader heap, high frequency",
  loaderLow: "loader heap, low frequency",
  jitCode: "JIT code",
  stubs: "stubs",
  stubData: "stub data",
  doubleMapped: "doublemapped",
  codeReserve: "code reserve",
  gcReserve: "GC reserve",
  other: "runtime",
};

const MEASURES = [
  ["used", "Used"],
  ["committed", "Committed, not used"],
  ["free", "Free for reuse"],
  ["reserved", "Reserved"],
  ["totalWs", "In memory"],
  ["swap", "Swap"],
] as const;

/** Rows of types drawn at once; the rest come by scrolling to the end. */
const DRAWN = 300;

interface Count {
  readonly number: number;
  readonly takenAt: string;
}

/** A .NET process: what each generation and each heap of the runtime takes, and its objects by type. In a difference, by how much that changed. */
function ManagedView({ app, state, view }: ViewProps) {
  const [use, setUse] = useState<ManagedUse>();
  const [before, setBefore] = useState<ManagedUse>();
  const [objects, setObjects] = useState<ManagedUse>();
  const { session, index, since } = view;
  useEffect(() => {
    let wanted = true;
    void app.attempt("view", async () => {
      const [now, then] = await Promise.all([app.source.managed(session.id, index), since === undefined ? undefined : app.source.managed(session.id, since)]);
      if (wanted) (setUse(now), setBefore(then));
    });
    return () => {
      wanted = false;
    };
  }, [app, session.id, index, since]);
  return (
    <div class="managed">
      <div class="list" tabIndex={0} role="region" aria-label="Generations and heaps of the runtime">
        {state.failure?.where === "view" && <p role="alert">{state.failure.message}</p>}
        {use !== undefined && <Heaps use={use} before={before} objects={objects ?? (use.types === undefined ? undefined : use)} />}
      </div>
      {session.live ? (
        <Objects app={app} session={session.id} objects={objects} onObjects={setObjects} />
      ) : (
        <KeptObjects use={use} />
      )}
    </div>
  );
}

function Heaps({ use, before, objects }: { use: ManagedUse; before: ManagedUse | undefined; objects: ManagedUse | undefined }) {
  const { version, gc, evidence, whyNotBetter } = use.runtime;
  const old = new Map(before?.heaps.map((heap) => [heap.heap, heap]));
  const heaps: ManagedHeap[] = [...use.heaps, ...[...old.values()].filter(({ heap }) => !use.heaps.some((now) => now.heap === heap)).map(({ heap }) => ({ heap, used: 0, committed: 0, reserved: 0, free: 0 }))];
  const generations = new Map(objects?.generations?.map((generation) => [generation.generation, generation]));
  const cell = (heap: ManagedHeap, key: (typeof MEASURES)[number][0]): string => (before === undefined ? kib(heap[key] ?? 0) : signedKib((heap[key] ?? 0) - (old.get(heap.heap)?.[key] ?? 0)));
  const measures = MEASURES.filter(([key]) => use.heaps.some((heap) => heap[key] !== undefined));
  const { resident, dotnet } = use.explained ?? { resident: 0, dotnet: 0 };
  return (
    <>
      <table>
        <caption>
          .NET {version ?? "of unknown version"}
          {gc === undefined ? "" : `, GC: ${gc}`}, from {evidence ?? "shapes"}
          {whyNotBetter === undefined ? "" : `: ${whyNotBetter}`}
          {resident === 0 ? "" : `; ${((dotnet / resident) * 100).toFixed(1)} % of the ${size(resident)} in memory that is of no file is .NET's`}
        </caption>
        <thead>
          <tr>
            <th scope="col" class="text">
              Memory
            </th>
            {measures.map(([key, title]) => (
              <th scope="col" key={key}>
                {title}
              </th>
            ))}
            {objects !== undefined && (
              <>
                <th scope="col">Objects</th>
                <th scope="col">Free between</th>
              </>
            )}
          </tr>
        </thead>
        <tbody>
          {heaps.map((heap) => (
            <tr key={heap.heap}>
              <th scope="row" class="text">
                {HEAPS[heap.heap] ?? heap.heap}
              </th>
              {measures.map(([key]) => (
                <td key={key}>{cell(heap, key)}</td>
              ))}
              {objects !== undefined && (
                <>
                  <td>{countOf(generations.get(heap.heap)?.objects)}</td>
                  <td>{kib(generations.get(heap.heap)?.freeBytes ?? 0)}</td>
                </>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

function countOf(count: number | undefined): string {
  return count === undefined || count === 0 ? "" : exact(count);
}

interface ObjectsProps {
  readonly app: Controller;
  readonly session: number;
  readonly objects: ManagedUse | undefined;
  readonly onObjects: (objects: ManagedUse) => void;
}

/** Objects by type: one count, or the difference of two. */
function Objects({ app, session, objects, onObjects }: ObjectsProps) {
  const [counts, setCounts] = useState<readonly Count[]>([]);
  const [[from, to], setShown] = useState<readonly [number | undefined, number]>([undefined, -1]);
  const call = `/api/sessions/${session}/objects`;
  const show = async (since: number | undefined, number: number): Promise<void> => {
    onObjects(await app.server.getJson<ManagedUse>(`${call}/${number}${since === undefined ? "" : `?since=${since}`}`));
    setShown([since, number]);
  };
  const take = async (known: readonly Count[]): Promise<void> => {
    setCounts(known);
    const last = known.at(-1);
    if (last !== undefined) await show(known.at(-2)?.number, last.number);
  };
  useEffect(() => void app.attempt("view", async () => take(await app.server.getJson<Count[]>(call))), [app, session]);
  const choose = (since: number | undefined, number: number): void => void app.attempt("view", () => show(since, number));
  const option = ({ number, takenAt }: Count) => (
    <option key={number} value={number}>
      {number + 1}: {time(takenAt)}
    </option>
  );
  return (
    <div class="objects">
      <div class="map-tools">
        <button type="button" class="primary" onClick={() => void app.attempt("view", async () => take(await app.server.post<Count[]>(call, {})), "Counting the objects…")}>
          Count objects
        </button>
        {counts.length > 0 && (
          <label>
            Count{" "}
            <select value={to} onChange={(event) => choose(from, Number(event.currentTarget.value))}>
              {counts.map(option)}
            </select>
          </label>
        )}
        {counts.length > 1 && (
          <label>
            since{" "}
            <select value={from ?? ""} onChange={(event) => choose(event.currentTarget.value === "" ? undefined : Number(event.currentTarget.value), to)}>
              <option value="">nothing</option>
              {counts.filter(({ number }) => number !== to).map(option)}
            </select>
          </label>
        )}
        <span class="hint">
          {objects === undefined
            ? "Counting reads the whole managed heap; the target runs on."
            : (objects.skippedBytes ?? 0) > 0
              ? `${size(objects.skippedBytes ?? 0)} could not be followed: the heap moved, or is swapped out.`
              : ""}
        </span>
      </div>
      <ObjectList objects={objects} />
    </div>
  );
}

/** The objects that a snapshot was saved with. */
function KeptObjects({ use }: { use: ManagedUse | undefined }) {
  if (use === undefined) return null;
  if (use.types === undefined) return <p class="hint">Objects are counted in a running process; this snapshot was saved without them: vmatlas snapshot --managed keeps them.</p>;
  return (
    <div class="objects">
      <ObjectList objects={use} />
    </div>
  );
}

/** Their types, as many as were scrolled to, or how those changed. */
function ObjectList({ objects }: { objects: ManagedUse | undefined }) {
  const [drawn, setDrawn] = useState(DRAWN);
  useEffect(() => setDrawn(DRAWN), [objects]);
  return (
    <div
      class="list"
      tabIndex={0}
      role="region"
      aria-label="Objects by type"
      onScroll={({ currentTarget: list }) => {
        if (list.scrollTop + list.clientHeight > list.scrollHeight - 200) setDrawn((n) => n + DRAWN);
      }}
    >
      {objects?.changes !== undefined ? <Changes changes={objects.changes.slice(0, drawn)} /> : <Types types={objects?.types?.slice(0, drawn) ?? []} />}
    </div>
  );
}

function Types({ types }: { types: NonNullable<ManagedUse["types"]> }) {
  if (types.length === 0) return null;
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">Objects</th>
          <th scope="col">Bytes</th>
          <th scope="col" class="text">
            Type
          </th>
        </tr>
      </thead>
      <tbody>
        {types.map(({ type, count, bytes }) => (
          <tr key={type}>
            <td>{exact(count)}</td>
            <td>{exact(bytes)}</td>
            <td class="text">{type}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Changes({ changes }: { changes: NonNullable<ManagedUse["changes"]> }) {
  if (changes.length === 0) return <p class="hint">No type has more or fewer objects than before.</p>;
  const signed = (value: number): string => (value === 0 ? "" : `${value > 0 ? "+" : "−"}${exact(Math.abs(value))}`);
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">Objects</th>
          <th scope="col">Bytes</th>
          <th scope="col">Now</th>
          <th scope="col" class="text">
            Type
          </th>
        </tr>
      </thead>
      <tbody>
        {changes.map(({ type, countBefore, countAfter, bytesBefore, bytesAfter }) => (
          <tr key={type}>
            <td class={countAfter < countBefore ? "shrunk" : "grown"}>{signed(countAfter - countBefore)}</td>
            <td class={bytesAfter < bytesBefore ? "shrunk" : "grown"}>{signed(bytesAfter - bytesBefore)}</td>
            <td>{countOf(countAfter)}</td>
            <td class="text">{type}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
