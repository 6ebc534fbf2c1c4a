/** What the server answers: the shapes of Api/ApiJson.cs. */

export interface ProcessFacts {
  readonly pid: number;
  readonly name: string;
  readonly command?: string;
  readonly executable?: string;
  readonly user?: string;
  readonly parentPid?: number;
  readonly startedAt?: string;
  readonly threads?: number;
  readonly architecture?: string;
  readonly container?: string;
}

export interface SystemFacts {
  readonly kernel: string;
  readonly host?: string;
  readonly architecture?: string;
}

export interface SessionInfo {
  readonly id: number;
  readonly title: string;
  readonly live: boolean;
  /** Read from a report: there is no server to ask. */
  readonly report?: boolean;
  /** Of a file on the server's machine. */
  readonly path?: string;
  /** Why there will be no more snapshots. */
  readonly ended?: string;
  /** Seconds between automatic snapshots. */
  readonly interval?: number;
  /** Of a file: the newest snapshot kept the inside of its heaps. */
  readonly heap?: boolean;
  /** Programs of which there is a trace. */
  readonly traces?: number;
  /** A trace is going on. */
  readonly tracing?: boolean;
  /** What went wrong with the last one. */
  readonly traceProblem?: string;
  /** Milliseconds for which a thread stood still when it began. */
  readonly stopped?: number;
  readonly process: ProcessFacts;
  readonly system: SystemFacts;
  /** When each was taken. */
  readonly snapshots: readonly string[];
}

/** A row of the table of types: measures by their json names, absent where not known. */
export interface SummaryRow {
  readonly type: string;
  readonly [measure: string]: number | string | undefined;
}

export interface AnnotatorReport {
  readonly name: string;
  readonly ran: boolean;
  readonly whyNot?: string;
  readonly milliseconds: number;
}

export interface Problem {
  readonly id: string;
  readonly message: string;
}

/** What changed in all regions of one file; measures by their json names. */
export interface ModuleChange {
  readonly path: string;
  readonly regionsBefore: number;
  readonly regionsAfter: number;
  readonly [measure: string]: number | string;
}

/** A snapshot as a whole. Of a difference there are only the time and milliseconds of the later snapshot, the table, and the modules. */
export interface SnapshotSummary {
  readonly time: string;
  readonly milliseconds: number;
  readonly summary: readonly SummaryRow[];
  readonly annotators: readonly AnnotatorReport[];
  readonly counters?: Readonly<Record<string, number>>;
  readonly system?: SystemFacts & { readonly problems: readonly Problem[] };
  readonly modules?: readonly ModuleChange[];
}

export interface SessionEvent {
  readonly session: number;
  readonly kind: "snapshot" | "ended" | "failed" | "trace";
  readonly index?: number;
  readonly takenAt?: string;
  readonly message?: string;
}

export interface ProcessInfo {
  readonly pid: number;
  readonly name: string;
  readonly user?: string;
  readonly command?: string;
  readonly private?: number;
  readonly totalWs?: number;
  readonly pss?: number;
  readonly swap?: number;
  readonly threads?: number;
  readonly architecture?: string;
  readonly container?: string;
  /** Why it can not be opened. */
  readonly whyNot?: string;
}

export interface GlossaryEntry {
  readonly kind: "Type" | "Column" | "Term";
  readonly key: string;
  readonly title: string;
  readonly short: string;
  readonly more?: string;
  readonly linux?: string;
  readonly windows?: string;
}

/** One kind of a .NET process's memory; bytes. */
export interface ManagedHeap {
  readonly heap: string;
  readonly used: number;
  readonly committed: number;
  readonly reserved: number;
  readonly free: number;
  /** Both are left out where they are not known: of a dump, say. */
  readonly totalWs?: number;
  readonly swap?: number;
}

export interface ManagedUse {
  readonly time: string;
  readonly runtime: { readonly version?: string; readonly gc?: string; readonly evidence?: string; readonly whyNotBetter?: string };
  readonly heaps: readonly ManagedHeap[];
  readonly explained?: { readonly resident: number; readonly dotnet: number; readonly named: number };
  /** Of a count of objects. */
  readonly skippedBytes?: number;
  readonly generations?: readonly { readonly generation: string; readonly objects: number; readonly freeBytes: number; readonly fragmentation: number }[];
  readonly types?: readonly { readonly type: string; readonly count: number; readonly bytes: number }[];
  readonly changes?: readonly { readonly type: string; readonly countBefore: number; readonly countAfter: number; readonly bytesBefore: number; readonly bytesAfter: number }[];
}

export interface ChunkCount {
  readonly chunks: number;
  readonly bytes: number;
}

export interface HeapArena {
  readonly number: number;
  readonly system: number;
  readonly inUse: ChunkCount;
  readonly free: ChunkCount;
  readonly fastbins: ChunkCount;
  readonly tcache: ChunkCount;
  readonly top: number;
  readonly largestFree: number;
  readonly fragmentation: number;
  readonly trimmable: number;
  readonly trimmableResident?: number;
  readonly heaps: readonly { readonly address: string; readonly end: string }[];
}

/** A look into malloc's memory. */
export interface HeapLook {
  readonly time: string;
  /** "glibc", or what the heaps of Windows are called. */
  readonly allocator: string;
  readonly library: string;
  readonly approximate: boolean;
  readonly milliseconds: number;
  readonly inUse: { readonly blocks: number; readonly bytes: number };
  readonly mapped: ChunkCount;
  readonly arenas: readonly HeapArena[];
  readonly problems: readonly Problem[];
  readonly growth?: readonly { readonly size: number; readonly before: number; readonly after: number }[];
}

/** The chunks of one range of it, added up. */
export interface HeapRange {
  /** Chunks that one answer holds at most: of more, the largest. */
  readonly most: number;
  readonly states: readonly (ChunkCount & { readonly state: string })[];
  readonly sizes: readonly { readonly from: number; readonly to: number; readonly used: ChunkCount; readonly free: ChunkCount }[];
}

/** One traced program, and what it came to. Seconds since it began. */
export interface TraceInfo {
  readonly number: number;
  readonly pid: number;
  readonly parentPid: number;
  readonly command: string;
  readonly began: string;
  readonly attached: boolean;
  /** Mean bytes between two samples; 0 when every operation was recorded. */
  readonly sampleInterval: number;
  /** Undefined while it runs. */
  readonly ending?: string;
  /** In words, where it was not plain. */
  readonly ended?: string;
  readonly seconds: number;
  readonly operations: number;
  readonly liveBytes: number;
  readonly liveCount: number;
  readonly totalBytes: number;
  readonly totalCount: number;
  readonly temporaryCount: number;
  readonly peakBytes: number;
  readonly mappedBytes: number;
  readonly unknownFrees: number;
  readonly dropped: number;
  /** Its blocks are objects, of which nobody tells when they die: figures of what is live mean nothing. */
  readonly onlyTotals: boolean;
}

/** A part of a range and the call that mapped it. */
export interface Maker {
  readonly start: string;
  readonly end: string;
  readonly function: string;
  readonly seconds: number;
  readonly tid: number;
  readonly site: number;
  readonly call: string;
}

export interface StackFrame {
  readonly function: string;
  readonly module: string | null;
  readonly file: string | null;
  readonly line: number | null;
  readonly inlined: boolean;
}

/** Lines of a source file, from the first on. */
export interface SourceText {
  readonly file: string;
  readonly first: number;
  readonly lines: readonly string[];
  readonly more: boolean;
}

export interface SymbolFolders {
  /** Of the user's list. */
  readonly folders: readonly string[];
  /** Searched besides. */
  readonly always: readonly string[];
  /** The list; left out where it can not be kept. */
  readonly file?: string;
}
