import type { ModuleChange, SnapshotSummary, SummaryRow } from "../api/answers";
import type { Frame, FrameColumn } from "./frame";

/** The words of a difference's column "change", by number: see rows.ts. */
const [SAME, ADDED, REMOVED, CHANGED] = [0, 1, 2, 3];
const TEXTS = ["details", "reason", "annotator"];
/** What has a file's name, by number of the type: Image, Mapped File, Shareable. */
const LAST_NAMED = 2;

interface Pair {
  /** Rows of the two frames; −1 for none. */
  readonly before: number;
  readonly after: number;
}

/**
 * The difference of two snapshots of one process, made in the page: for a report, which has no server to ask. Regions are
 * the same when they are of one type and begin, or else end, at the same address; the server, which also knows names, pairs a few more.
 */
export function changesOf(before: Frame, after: Frame): Frame {
  const pairs = pairsOf(before, after);
  const known = (name: string): boolean => before.columns.has(name) && after.columns.has(name);
  const column = (name: string): { readonly b: FrameColumn["values"]; readonly a: FrameColumn["values"] } => ({ b: before.columns.get(name)!.values, a: after.columns.get(name)!.values });
  const strings: string[] = [""];
  const numbers = new Map([["", 0]]);
  const textOf = (text: string): number => {
    let number = numbers.get(text);
    if (number === undefined) numbers.set(text, (number = strings.push(text) - 1));
    return number;
  };
  const later = (name: string): number[] => {
    const { a, b } = column(name);
    return pairs.map((pair) => (pair.after >= 0 ? a[pair.after]! : b[pair.before]!));
  };
  const delta = (name: string): Float64Array => {
    const { a, b } = column(name);
    return Float64Array.from(pairs, (pair) => (pair.after < 0 ? 0 : a[pair.after]!) - (pair.before < 0 ? 0 : b[pair.before]!));
  };
  const measures = [...after.columns.values()].filter(({ name, unit }) => unit === "B" && name !== "offset" && known(name)).map(({ name }) => name);
  const deltas = new Map(measures.map((name) => [name, delta(name)]));
  const protection = column("protection");
  const changed = (pair: Pair, i: number): boolean => protection.a[pair.after] !== protection.b[pair.before] || [...deltas.values()].some((values) => values[i] !== 0);
  const columns: FrameColumn[] = [
    { name: "address", unit: "address", values: Float64Array.from(later("address")) },
    { name: "end", unit: "address", values: Float64Array.from(later("end")) },
    { name: "parent", unit: "row", values: new Int32Array(pairs.length).fill(-1) },
    { name: "children", unit: "", values: new Uint32Array(pairs.length) },
    { name: "index", unit: "", values: Uint32Array.from(pairs, (_, i) => i) },
    { name: "level", unit: "", values: new Uint8Array(pairs.length) },
    { name: "type", unit: "", values: Uint8Array.from(later("type")) },
    { name: "protection", unit: "", values: Uint8Array.from(later("protection")) },
    { name: "change", unit: "", values: Uint8Array.from(pairs, (pair, i) => (pair.before < 0 ? ADDED : pair.after < 0 ? REMOVED : changed(pair, i) ? CHANGED : SAME)) },
    ...["blocks"].filter(known).map((name): FrameColumn => ({ name, unit: "", values: Int32Array.from(delta(name)) })),
    ...TEXTS.filter(known).map((name): FrameColumn => {
      const { a, b } = column(name);
      return { name, unit: "string", values: Uint32Array.from(pairs, (pair) => textOf(pair.after >= 0 ? after.strings[a[pair.after]!]! : before.strings[b[pair.before]!]!)) };
    }),
    ...measures.map((name): FrameColumn => ({ name, unit: "B", values: deltas.get(name)! })),
  ];
  return { rows: pairs.length, strings, columns: new Map(columns.map((c) => [c.name, c])) };
}

/** The table of types as differences, and the changes by file, from the two tables and the rows that changed. */
export function changesSummaryOf(before: SnapshotSummary, after: SnapshotSummary, changes: Frame): SnapshotSummary {
  const summary = after.summary.map((row, i): SummaryRow => {
    const old = before.summary[i];
    const known = Object.entries(row).filter(([key, value]) => key !== "largest" && typeof value === "number" && typeof old?.[key] === "number");
    return { type: row.type, ...Object.fromEntries(known.map(([key, value]) => [key, Number(value) - Number(old![key])])) };
  });
  return { time: after.time, milliseconds: after.milliseconds, summary, annotators: [], modules: modulesOf(changes) };
}

function modulesOf({ rows, strings, columns }: Frame): ModuleChange[] {
  const values = (name: string): FrameColumn["values"] => columns.get(name)!.values;
  const [type, change, details] = [values("type"), values("change"), values("details")];
  const measures = [...columns.values()].filter(({ unit }) => unit === "B");
  const modules = new Map<string, Record<string, number>>();
  for (let row = 0; row < rows; row++) {
    if (change[row] === SAME || type[row]! > LAST_NAMED || details[row] === 0) continue;
    const path = strings[details[row]!]!;
    const sums = modules.get(path) ?? { regionsBefore: 0, regionsAfter: 0 };
    sums["regionsBefore"]! += change[row] === ADDED ? 0 : 1;
    sums["regionsAfter"]! += change[row] === REMOVED ? 0 : 1;
    for (const measure of measures) sums[measure.name] = (sums[measure.name] ?? 0) + measure.values[row]!;
    modules.set(path, sums);
  }
  return [...modules].map(([path, sums]) => ({ path, ...sums }) as unknown as ModuleChange);
}

function pairsOf(before: Frame, after: Frame): Pair[] {
  const [old, now] = [topRows(before), topRows(after)];
  const partners = new Map<number, number>();
  const taken = new Set<number>();
  for (const key of ["address", "end"]) {
    const waiting = new Map(old.filter((row) => !taken.has(row)).map((row) => [placeOf(before, row, key), row]));
    for (const row of now) {
      const partner = partners.has(row) ? undefined : waiting.get(placeOf(after, row, key));
      if (partner === undefined || taken.has(partner)) continue;
      partners.set(row, partner);
      taken.add(partner);
    }
  }
  const pairs: (Pair & { readonly at: number })[] = now.map((row) => ({ before: partners.get(row) ?? -1, after: row, at: after.columns.get("address")!.values[row]! }));
  for (const row of old) if (!taken.has(row)) pairs.push({ before: row, after: -1, at: before.columns.get("address")!.values[row]! });
  return pairs.sort((a, b) => a.at - b.at);
}

/** Regions: no blocks, no gaps. */
function topRows({ rows, columns }: Frame): number[] {
  const [parent, type] = [columns.get("parent")!.values, columns.get("type")!.values];
  return Array.from({ length: rows }, (_, row) => row).filter((row) => parent[row] === -1 && type[row]! < 8);
}

function placeOf({ columns }: Frame, row: number, key: string): string {
  return `${columns.get("type")!.values[row]} ${columns.get(key)!.values[row]}`;
}
