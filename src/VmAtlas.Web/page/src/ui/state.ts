import type { SessionInfo, SnapshotSummary } from "../api/answers";
import type { Rows } from "../model/rows";
import { DEFAULTS, type Settings } from "../model/settings";

export type { Theme } from "../model/settings";
export type DialogName = "chooser" | "columns" | "glossary" | "save" | "trim" | "mark" | "trace" | "symbols" | "about" | "shortcuts" | "annotators";

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
  readonly where: "window" | "filter" | "chooser" | "save" | "view";
  readonly message: string;
}

export interface State extends Settings {
  readonly view?: View | undefined;
  readonly type?: number | undefined;
  readonly expression: string;
  /** The row the keyboard is on, shown by the panel beside; −1 for none. */
  readonly cursor: number;
  readonly selected: ReadonlySet<number>;
  readonly dialog?: DialogName | undefined;
  readonly find?: string | undefined;
  /** What takes longer than half a second, for people. */
  readonly busy?: string | undefined;
  readonly failure?: Failure | undefined;
  /** Raised when the visible rows changed without another view: sorted, filtered, opened. */
  readonly drawn: number;
  /** The traced program that the views show; the target itself while undefined. */
  readonly program?: number | undefined;
  /** Raised when calls may have got names that they had not. */
  readonly names: number;
  /** Automatic refresh keeps its interval while it is paused. */
  readonly paused?: number | undefined;
}

export const INITIAL: State = {
  ...DEFAULTS,
  expression: "",
  cursor: -1,
  selected: new Set(),
  drawn: 0,
  names: 0,
  theme: matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light",
};
