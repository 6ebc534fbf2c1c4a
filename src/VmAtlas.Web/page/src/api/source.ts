import { address } from "../model/format";
import type { Frame } from "../model/frame";
import { decodeFrame } from "../model/frame";
import type { Matches } from "../model/rows";
import type { View } from "../ui/state";
import type { GlossaryEntry, HeapLook, HeapRange, ManagedUse, SessionInfo, SnapshotSummary, StackFrame, TraceInfo } from "./answers";
import type { Client } from "./client";

export type TreeShape = "top-down" | "bottom-up" | "module" | "thread";

/** All of one snapshot that the window draws. */
export interface Snapshot {
  readonly index: number;
  readonly summary: SnapshotSummary;
  readonly frame: Frame;
}

/** Where the window gets a target's snapshots from: the server, or the report that the page is part of. */
export interface Source {
  frame(session: number, index: number): Promise<Frame>;
  summary(session: number, index: number): Promise<SnapshotSummary>;
  /** The same two for a difference: what index has more than since. */
  changes(session: number, since: number, index: number): Promise<Frame>;
  changesSummary(session: number, since: number, index: number): Promise<SnapshotSummary>;
  /** Sums by type over time: columns named "type.measure", and "time" in seconds. */
  series(session: number): Promise<Frame>;
  /** Named facts of regions, a row a fact: columns region, name, value. */
  facts(session: number, index: number): Promise<Frame>;
  /** The memory of a .NET process. */
  managed(session: number, index: number): Promise<ManagedUse>;
  /** The inside of malloc: as it is now, of a live process; of another what the snapshot kept. The chunks of a range are of the last look. */
  heap(session: number, index: number): Promise<HeapLook>;
  heapRange(session: number, index: number, range: readonly [number, number], signal: AbortSignal): Promise<HeapRange>;
  /** A row a chunk. */
  heapChunks(session: number, index: number, range: readonly [number, number], signal: AbortSignal): Promise<Frame>;
  /** The programs of which there is a trace. */
  traces(session: number): Promise<readonly TraceInfo[]>;
  /** Frames of a program's trace: docs/page.md has their columns. */
  /** @param mappings Of mmap and its like instead of blocks. */
  callTree(session: number, program: number, shape: TreeShape, mappings: boolean): Promise<Frame>;
  allocations(session: number, program: number, range?: readonly [number, number]): Promise<Frame>;
  /** From and to in seconds since the trace began. */
  growth(session: number, program: number, from: number, to: number | undefined): Promise<Frame>;
  stack(session: number, program: number, site: number): Promise<readonly StackFrame[]>;
  glossary(): Promise<readonly GlossaryEntry[]>;
  /** What was kept; anything. */
  settings(): Promise<unknown>;
  keepSettings(json: string): Promise<void>;
  /** The rows of the view that an expression holds for. Throws with what is wrong with it. */
  matches(view: View, expression: string): Promise<Matches>;
}

export class ServerSource implements Source {
  readonly #client: Client;

  constructor(client: Client) {
    this.#client = client;
  }

  async frame(session: number, index: number): Promise<Frame> {
    return decodeFrame(await this.#client.getBytes(`/api/sessions/${session}/snapshots/${index}/frame`));
  }

  summary(session: number, index: number): Promise<SnapshotSummary> {
    return this.#client.getJson(`/api/sessions/${session}/snapshots/${index}/summary`);
  }

  async changes(session: number, since: number, index: number): Promise<Frame> {
    return decodeFrame(await this.#client.getBytes(`/api/sessions/${session}/snapshots/${index}/changes/${since}/frame`));
  }

  changesSummary(session: number, since: number, index: number): Promise<SnapshotSummary> {
    return this.#client.getJson(`/api/sessions/${session}/snapshots/${index}/changes/${since}/summary`);
  }

  async series(session: number): Promise<Frame> {
    return decodeFrame(await this.#client.getBytes(`/api/sessions/${session}/series`));
  }

  async facts(session: number, index: number): Promise<Frame> {
    return decodeFrame(await this.#client.getBytes(`/api/sessions/${session}/snapshots/${index}/facts`));
  }

  managed(session: number, index: number): Promise<ManagedUse> {
    return this.#client.getJson(`/api/sessions/${session}/snapshots/${index}/managed`);
  }

  heap(session: number, index: number): Promise<HeapLook> {
    return this.#client.getJson(`/api/sessions/${session}/heap?index=${index}`);
  }

  heapRange(session: number, index: number, range: readonly [number, number], signal: AbortSignal): Promise<HeapRange> {
    return this.#client.getJson(`/api/sessions/${session}/heap/range?${rangeQuery(range)}&index=${index}`, signal);
  }

  async heapChunks(session: number, index: number, range: readonly [number, number], signal: AbortSignal): Promise<Frame> {
    return decodeFrame(await this.#client.getBytes(`/api/sessions/${session}/heap/chunks?${rangeQuery(range)}&index=${index}`, signal));
  }

  traces(session: number): Promise<readonly TraceInfo[]> {
    return this.#client.getJson(`/api/sessions/${session}/traces`);
  }

  callTree(session: number, program: number, shape: TreeShape, mappings: boolean): Promise<Frame> {
    return this.#frame(session, program, `calltree?shape=${shape}${mappings ? "&of=mappings" : ""}`);
  }

  allocations(session: number, program: number, range?: readonly [number, number]): Promise<Frame> {
    return this.#frame(session, program, `allocations${range === undefined ? "" : `?${rangeQuery(range)}`}`);
  }

  growth(session: number, program: number, from: number, to: number | undefined): Promise<Frame> {
    return this.#frame(session, program, `growth?from=${from}${to === undefined ? "" : `&to=${to}`}`);
  }

  async stack(session: number, program: number, site: number): Promise<readonly StackFrame[]> {
    return (await this.#client.getJson<{ stack: StackFrame[] }>(`/api/sessions/${session}/traces/${program}/sites/${site}/stack`)).stack;
  }

  async #frame(session: number, program: number, path: string): Promise<Frame> {
    return decodeFrame(await this.#client.getBytes(`/api/sessions/${session}/traces/${program}/${path}`));
  }

  glossary(): Promise<readonly GlossaryEntry[]> {
    return this.#client.getJson("/api/glossary");
  }

  settings(): Promise<unknown> {
    return this.#client.getJson("/api/settings");
  }

  async keepSettings(json: string): Promise<void> {
    await this.#client.post("/api/settings", JSON.parse(json));
  }

  async matches({ session, index, since }: View, expression: string): Promise<Matches> {
    const changes = since === undefined ? "" : `/changes/${since}`;
    const path = `/api/sessions/${session.id}/snapshots/${index}${changes}/matches?filter=${encodeURIComponent(expression)}`;
    return matchesOf(await this.#client.getBytes(path));
  }
}

function rangeQuery([start, end]: readonly [number, number]): string {
  return `start=${address(start)}&end=${address(end)}`;
}

/** What the window begins with. */
export interface Start {
  readonly sessions: readonly SessionInfo[];
  /** What was kept; anything. */
  readonly settings: unknown;
  /** The newest snapshot of the last session, where there is one. */
  readonly newest?: Snapshot;
}

/** Takes the answer to /api/start apart: u32 length of a json object, 4 bytes, the object, and the snapshot's frame. */
export function startOf(bytes: ArrayBuffer): Start {
  const end = 8 + new DataView(bytes).getUint32(0, true);
  const { sessions, settings, index, summary } = JSON.parse(new TextDecoder().decode(new Uint8Array(bytes, 8, end - 8))) as Omit<Start, "newest"> & Partial<Snapshot>;
  if (index === undefined || summary === undefined) return { sessions, settings };
  return { sessions, settings, newest: { index, summary, frame: decodeFrame(bytes, end) } };
}

/** u32 number of regions, a bit for each, a bit for each block. */
function matchesOf(bytes: ArrayBuffer): Matches {
  const regionBytes = Math.ceil(new DataView(bytes).getUint32(0, true) / 8);
  return { regions: new Uint8Array(bytes, 4, regionBytes), blocks: new Uint8Array(bytes, 4 + regionBytes) };
}
