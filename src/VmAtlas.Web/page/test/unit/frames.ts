/** Frames made for tests, in the bytes that the server sends. */

export type Values = { readonly name: string; readonly unit?: string; readonly values: Float64Array | Uint32Array | Int32Array | Uint8Array };

const TYPES = new Map<unknown, string>([
  [Float64Array, "f64"],
  [Uint32Array, "u32"],
  [Int32Array, "i32"],
  [Uint8Array, "u8"],
]);
const padded = (length: number): number => (length + 7) & ~7;

export function encodeFrame(rows: number, columns: readonly Values[], strings: readonly string[]): ArrayBuffer {
  let offset = 0;
  const described = columns.map(({ name, unit, values }) => {
    const at = offset;
    offset += padded(values.byteLength);
    return { name, type: TYPES.get(values.constructor), unit: unit ?? "", offset: at };
  });
  const header = new TextEncoder().encode(JSON.stringify({ rows, columns: described, strings }));
  const start = padded(8 + header.length);
  const bytes = new Uint8Array(start + offset).fill(32, 8, start);
  bytes.set(new TextEncoder().encode("VMF1"));
  new DataView(bytes.buffer).setUint32(4, start - 8, true);
  bytes.set(header, 8);
  columns.forEach(({ values }, i) => bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), start + described[i]!.offset));
  return bytes.buffer;
}

export interface RowSpec {
  readonly address: number;
  readonly size: number;
  readonly type: number;
  readonly parent?: number;
  readonly details?: string;
  readonly private?: number;
}

/** A frame of rows in order, blocks behind their regions. */
export function frameOf(specs: readonly RowSpec[]): ArrayBuffer {
  const strings = ["", ...new Set(specs.flatMap((s) => (s.details === undefined ? [] : [s.details])))];
  const parents = specs.map((s) => s.parent ?? -1);
  let [regions, blocks] = [0, 0];
  const f64 = (value: (s: RowSpec, i: number) => number): Float64Array => Float64Array.from(specs, value);
  return encodeFrame(
    specs.length,
    [
      { name: "address", unit: "address", values: f64((s) => s.address) },
      { name: "end", unit: "address", values: f64((s) => s.address + s.size) },
      { name: "parent", unit: "row", values: Int32Array.from(parents) },
      { name: "children", values: Uint32Array.from(specs, (_, i) => parents.filter((p) => p === i).length) },
      { name: "index", values: Uint32Array.from(specs, (s) => (s.type >= 8 ? 0 : s.parent === undefined ? regions++ : blocks++)) },
      { name: "level", values: Uint8Array.from(parents, (p) => (p < 0 ? 0 : 1)) },
      { name: "type", values: Uint8Array.from(specs, (s) => s.type) },
      { name: "protection", values: Uint8Array.from(specs, () => 3) },
      { name: "details", unit: "string", values: Uint32Array.from(specs, (s) => strings.indexOf(s.details ?? "")) },
      { name: "label", unit: "string", values: new Uint32Array(specs.length) },
      { name: "size", unit: "B", values: f64((s) => s.size) },
      { name: "private", unit: "B", values: f64((s) => s.private ?? 0) },
    ],
    strings,
  );
}
