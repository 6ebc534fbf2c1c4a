import { COLUMN_BY_KEY, COLUMNS, type ColumnSpec } from "./columns";
import type { Sorting } from "./rows";

export type Theme = "light" | "dark" | "vmmap";
export const THEMES: readonly Theme[] = ["light", "dark", "vmmap"];

/** A target that was open: a file by its path, a process by its name, since its number will be another's. */
export interface RecentTarget {
  readonly kind: "file" | "process";
  readonly name: string;
}

/** What the reader chose, kept from one start to the next. */
export interface Settings {
  readonly theme: Theme;
  /** Nobody chose one while undefined: then it is the system's, each time anew. */
  readonly chosenTheme?: Theme | undefined;
  /** Those shown, in their order, with their widths. */
  readonly columns: readonly ColumnSpec[];
  readonly sorting: Sorting;
  readonly gaps: boolean;
  readonly why: boolean;
  /** The view below the details. */
  readonly dock?: string | undefined;
  readonly dockHeight: number;
  /** Pixels of the summary; as many as it needs while undefined. */
  readonly summaryHeight?: number | undefined;
  /** Seconds between automatic snapshots; 0 for none. */
  readonly interval: number;
  /** The last first. */
  readonly recent: readonly RecentTarget[];
}

export const DEFAULTS: Omit<Settings, "theme"> = {
  columns: COLUMNS.filter((column) => column.shown),
  sorting: { key: "address", descending: false },
  gaps: false,
  why: false,
  dockHeight: 220,
  interval: 0,
  recent: [],
};

const MOST_RECENT = 8;
const [LEAST_PX, MOST_PX] = [40, 4000];

export function withRecent(recent: readonly RecentTarget[], target: RecentTarget): readonly RecentTarget[] {
  return [target, ...recent.filter((other) => other.kind !== target.kind || other.name !== target.name)].slice(0, MOST_RECENT);
}

/** As it is kept: of a column only its key and width. */
export function writeSettings(settings: Settings): object {
  const { chosenTheme: theme, sorting, gaps, why, dock, dockHeight, summaryHeight, interval, recent } = settings;
  const columns = settings.columns.map(({ key, width }) => ({ key, width }));
  return { theme, columns, sorting, gaps, why, dock, dockHeight, summaryHeight, interval, recent };
}

/** What can be used of something that was kept, perhaps by another version, perhaps edited by hand. */
export function readSettings(kept: unknown): Partial<Settings> {
  if (!isObject(kept)) return {};
  const { theme, columns, sorting, gaps, why, dock, dockHeight, summaryHeight, interval, recent } = kept;
  const known = Array.isArray(columns) ? columns.flatMap(readColumn) : [];
  const unique = known.filter((column, i) => known.findIndex((c) => c.key === column.key) === i);
  return {
    ...(THEMES.includes(theme as Theme) && { theme: theme as Theme, chosenTheme: theme as Theme }),
    ...(unique.some((column) => column.key === "address") && { columns: unique }),
    ...(isObject(sorting) && COLUMN_BY_KEY.has(String(sorting["key"])) && { sorting: { key: String(sorting["key"]), descending: sorting["descending"] === true } }),
    ...(typeof gaps === "boolean" && { gaps }),
    ...(typeof why === "boolean" && { why }),
    ...(typeof dock === "string" && { dock }),
    ...(isPixels(dockHeight) && { dockHeight }),
    ...(isPixels(summaryHeight) && { summaryHeight }),
    ...(typeof interval === "number" && [0, 1, 2, 5, 10].includes(interval) && { interval }),
    ...(Array.isArray(recent) && { recent: recent.flatMap(readRecent).slice(0, MOST_RECENT) }),
  };
}

function readColumn(kept: unknown): ColumnSpec[] {
  const column = isObject(kept) ? COLUMN_BY_KEY.get(String(kept["key"])) : undefined;
  if (column === undefined || !isObject(kept)) return [];
  const { width } = kept;
  return [isPixels(width) ? { ...column, width } : column];
}

function readRecent(kept: unknown): RecentTarget[] {
  if (!isObject(kept)) return [];
  const { kind, name } = kept;
  return (kind === "file" || kind === "process") && typeof name === "string" && name !== "" ? [{ kind, name }] : [];
}

function isPixels(value: unknown): value is number {
  return typeof value === "number" && value >= LEAST_PX && value <= MOST_PX;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
