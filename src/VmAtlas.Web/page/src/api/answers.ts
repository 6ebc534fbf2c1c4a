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
  /** Why there will be no more snapshots. */
  readonly ended?: string;
  /** Seconds between automatic snapshots. */
  readonly interval?: number;
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
  readonly ms: number;
}

export interface SnapshotSummary {
  readonly takenAt: string;
  readonly tookMs: number;
  readonly summary: readonly SummaryRow[];
  readonly counters: Readonly<Record<string, number>>;
  readonly annotators: readonly AnnotatorReport[];
  readonly problems: readonly { readonly id: string; readonly message: string }[];
}

export interface SessionEvent {
  readonly session: number;
  readonly kind: "snapshot" | "ended" | "failed";
  readonly index?: number;
  readonly takenAt?: string;
  readonly message?: string;
}
