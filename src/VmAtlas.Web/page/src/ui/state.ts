import type { SessionInfo, SnapshotSummary } from "../api/answers";
import { COLUMNS, type ColumnSpec } from "../model/columns";
import type { Rows } from "../model/rows";

export type Theme = "light" | "dark" | "vmmap";
export type DialogName = "chooser" | "columns" | "glossary" | "save" | "trim" | "mark" | "about" | "shortcuts" | "annotators";
export type DockName = "timeline" | "changes" | "map" | "pages" | "strings";

/** One snapshot, or the difference of two, as the window shows it. */
export interface View {
  readonly session: SessionInfo;
  readonly index: number;
  /** The earlier snapshot the numbers are differences from; undefined for none. */
  readonly since?: number | undefined;
  readonly summary: SnapshotSummary;
  readonly rows: Rows;
}

export interface Failure {
  /** The part of the window it happened in. */
  readonly where: "window" | "filter" | "chooser" | "strings" | "timeline" | "pages" | "save";
  readonly message: string;
}

export interface State {
  readonly view?: View | undefined;
  readonly columns: readonly ColumnSpec[];
  readonly type?: number | undefined;
  readonly gaps: boolean;
  readonly expression: string;
  /** The row the keyboard is on, shown by the panel beside; −1 for none. */
  readonly cursor: number;
  readonly selected: ReadonlySet<number>;
  readonly dialog?: DialogName | undefined;
  readonly dock?: DockName | undefined;
  readonly why: boolean;
  readonly find?: string | undefined;
  /** What takes longer than half a second, for people. */
  readonly busy?: string | undefined;
  readonly failure?: Failure | undefined;
  /** Raised when the visible rows changed without another view: sorted, filtered, opened. */
  readonly drawn: number;
  readonly theme: Theme;
  /** Automatic refresh keeps its interval while it is paused. */
  readonly paused?: number | undefined;
}

export const INITIAL: State = {
  columns: COLUMNS.filter((column) => column.shown),
  gaps: false,
  expression: "",
  cursor: -1,
  selected: new Set(),
  why: false,
  drawn: 0,
  theme: matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light",
};
