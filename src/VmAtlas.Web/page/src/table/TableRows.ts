import type { ColumnSpec } from "../model/columns";
import type { Sorting } from "../model/rows";

/** What a table shows: rows are numbers, and below each may be others. */
export interface TableRows {
  /** Row numbers from top to bottom. */
  readonly visible: Uint32Array;
  readonly sorting: Sorting;
  /** Numbers are differences, shown with their sign. */
  readonly signed: boolean;
  /** Depth, from 0. */
  readonly level: ArrayLike<number>;
  /** −1 at the top. */
  readonly parent: ArrayLike<number>;
  /** Type of memory, for its colour. */
  readonly type: ArrayLike<number>;
  /** Whether there are rows below it, shown or not. */
  opens(row: number): boolean;
  isExpanded(row: number): boolean;
  setExpanded(row: number, open: boolean): void;
  sort(sorting: Sorting): void;
  /** Whether a first click sorts a column from large to small. */
  largestFirst(key: string): boolean;
  value(row: number, key: string): number;
  cell(row: number, column: ColumnSpec): string;
  /** Position among the visible rows; −1 when hidden. */
  positionOf(row: number): number;
  positionOfCursor(row: number): number;
  /** In a difference: "added", "removed", "changed", or "". */
  changeOf(row: number): string;
}
