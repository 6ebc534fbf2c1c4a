import { changesOf, changesSummaryOf } from "../model/localChanges";
import { textMatches } from "../model/localMatches";
import { decodeFrame, rowsWhere, type Frame } from "../model/frame";
import type { Matches } from "../model/rows";
import type { View } from "../ui/state";
import type { GlossaryEntry, HeapLook, HeapRange, ManagedUse, ProcessFacts, SessionInfo, SnapshotSummary, StackFrame, SystemFacts, TraceInfo } from "./answers";
import { ApiError } from "./client";
import type { Source, TreeShape } from "./source";

/** What HtmlReport.cs writes into the page. "Packed" is base64 of gzip. */
interface Report {
  readonly title: string;
  readonly about: string;
  readonly series: string;
  readonly glossary: string;
  readonly snapshots: readonly { readonly index: number; readonly takenAt: string; readonly summary: string; readonly frame: string; readonly facts: string; readonly managed?: string; readonly heap?: HeapOfReport }[];
  readonly changes?: { readonly summary: string; readonly frame: string };
  readonly traces?: readonly TraceOfReport[];
}

/** What a snapshot kept of the inside of malloc: with its chunks, or the arenas alone. */
interface HeapOfReport {
  readonly look: string;
  readonly chunks?: string;
  /** The sums of each region that is a heap, by its address. */
  readonly ranges?: readonly { readonly start: string; readonly sums: string }[];
}

/** Of one program. */
interface TraceOfReport {
  readonly about: string;
  readonly trees: Readonly<Record<TreeShape, string>>;
  readonly allocations: string;
  readonly growth: string;
  readonly stacks: string;
}

const KEY = "vmatlas-settings";

async function unpack(packed: string): Promise<ArrayBuffer> {
  const bytes = Uint8Array.from(atob(packed), (c) => c.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
}

async function unpackJson<T>(packed: string): Promise<T> {
  return JSON.parse(new TextDecoder().decode(await unpack(packed))) as T;
}

/** The snapshots that are in this very file. */
export class ReportSource implements Source {
  readonly #report: Report;

  constructor(json: string) {
    this.#report = JSON.parse(json) as Report;
  }

  /** The report as a target that is not live. */
  async session(): Promise<SessionInfo> {
    const about = await unpackJson<{ process: ProcessFacts; system: SystemFacts }>(this.#report.about);
    const heap = this.#report.snapshots.some((snapshot) => snapshot.heap !== undefined);
    return { id: 0, title: this.#report.title, live: false, report: true, heap, process: about.process, system: about.system, traces: this.#report.traces?.length ?? 0, snapshots: this.#report.snapshots.map((s) => s.takenAt) };
  }

  async frame(_: number, index: number): Promise<Frame> {
    return decodeFrame(await unpack(this.#snapshot(index).frame));
  }

  summary(_: number, index: number): Promise<SnapshotSummary> {
    return unpackJson(this.#snapshot(index).summary);
  }

  async changes(_: number, since: number, index: number): Promise<Frame> {
    const made = this.#changes(since, index);
    return made === undefined ? changesOf(await this.frame(0, since), await this.frame(0, index)) : decodeFrame(await unpack(made.frame));
  }

  async changesSummary(_: number, since: number, index: number): Promise<SnapshotSummary> {
    const made = this.#changes(since, index);
    if (made !== undefined) return unpackJson(made.summary);
    const [before, after, changes] = await Promise.all([this.summary(0, since), this.summary(0, index), this.changes(0, since, index)]);
    return changesSummaryOf(before, after, changes);
  }

  /** The chart's points that are in the report: it shows no snapshot that can not be selected. */
  async series(): Promise<Frame> {
    const all = decodeFrame(await unpack(this.#report.series));
    const kept = this.#report.snapshots.map((s) => s.index);
    const columns = new Map([...all.columns].map(([name, column]) => [name, { ...column, values: Float64Array.from(kept, (i) => column.values[i]!) }]));
    return { rows: kept.length, strings: all.strings, columns };
  }

  async facts(_: number, index: number): Promise<Frame> {
    return decodeFrame(await unpack(this.#snapshot(index).facts));
  }

  managed(_: number, index: number): Promise<ManagedUse> {
    const { managed } = this.#snapshot(index);
    if (managed === undefined) throw new ApiError("NotFound", "There is no memory of a .NET runtime in this snapshot.");
    return unpackJson(managed);
  }

  async heap(_: number, index: number): Promise<HeapLook> {
    return unpackJson(this.#heap(index).look);
  }

  async heapRange(_: number, index: number, [start]: readonly [number, number]): Promise<HeapRange> {
    const range = this.#heap(index).ranges?.find((known) => Number.parseInt(known.start, 16) === start);
    if (range === undefined) throw new ApiError("NotFound", "The snapshot was saved without the chunks of its heaps.");
    return unpackJson(range.sums);
  }

  async heapChunks(_: number, index: number, [start, end]: readonly [number, number]): Promise<Frame> {
    const { chunks } = this.#heap(index);
    if (chunks === undefined) throw new ApiError("NotFound", "The snapshot was saved without the chunks of its heaps.");
    const all = decodeFrame(await unpack(chunks));
    const at = all.columns.get("chunk")!.values;
    return rowsWhere(all, (row) => at[row]! >= start && at[row]! < end);
  }

  #heap(index: number): HeapOfReport {
    const { heap } = this.#snapshot(index);
    if (heap === undefined) throw new ApiError("NotFound", "The snapshot was saved without the inside of its heaps: 'vmatlas snapshot --heaps' keeps it.");
    return heap;
  }

  async traces(): Promise<readonly TraceInfo[]> {
    return Promise.all((this.#report.traces ?? []).map(({ about }) => unpackJson<TraceInfo>(about)));
  }

  async callTree(_: number, program: number, shape: TreeShape): Promise<Frame> {
    return decodeFrame(await unpack(this.#trace(program).trees[shape]));
  }

  /** All of them, or those that begin in a range. */
  async allocations(_: number, program: number, range?: readonly [number, number]): Promise<Frame> {
    const all = decodeFrame(await unpack(this.#trace(program).allocations));
    const at = all.columns.get("address")!.values;
    return range === undefined ? all : rowsWhere(all, (row) => at[row]! >= range[0] && at[row]! < range[1]);
  }

  /** Over the whole trace: what it was at other moments is not in a report. */
  async growth(_: number, program: number): Promise<Frame> {
    return decodeFrame(await unpack(this.#trace(program).growth));
  }

  async stack(_: number, program: number, site: number): Promise<readonly StackFrame[]> {
    const stacks = await unpackJson<Readonly<Record<string, readonly StackFrame[]>>>(this.#trace(program).stacks);
    return stacks[site] ?? [];
  }

  #trace(program: number): TraceOfReport {
    const trace = this.#report.traces?.[program];
    if (trace === undefined) throw new ApiError("NotFound", "The report has no such trace.");
    return trace;
  }

  glossary(): Promise<readonly GlossaryEntry[]> {
    return unpackJson(this.#report.glossary);
  }

  /** In the browser's own store, where it may have one for files. */
  settings(): Promise<unknown> {
    try {
      return Promise.resolve(JSON.parse(localStorage.getItem(KEY) ?? "{}"));
    } catch {
      return Promise.resolve({});
    }
  }

  keepSettings(json: string): Promise<void> {
    try {
      localStorage.setItem(KEY, json);
    } catch {
      // A browser that keeps nothing for files: a report is read without it.
    }
    return Promise.resolve();
  }

  matches({ rows }: View, expression: string): Promise<Matches> {
    return Promise.resolve(textMatches(rows, expression));
  }

  #snapshot(index: number): Report["snapshots"][number] {
    const snapshot = this.#report.snapshots[index];
    if (snapshot === undefined) throw new ApiError("NotFound", `The report holds ${this.#report.snapshots.length} snapshots.`);
    return snapshot;
  }

  /** The server made one difference: from the first to the last. The others are made here. */
  #changes(since: number, index: number): Report["changes"] {
    return since === 0 && index === this.#report.snapshots.length - 1 ? this.#report.changes : undefined;
  }
}
