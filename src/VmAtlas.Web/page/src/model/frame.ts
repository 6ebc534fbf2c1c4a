/** The binary frame of docs/frame.md: columns that are read in place, without copying. */

export type Column = Float64Array | Int32Array | Uint32Array | Uint8Array;

export interface FrameColumn {
  readonly name: string;
  /** "string": the values are numbers of texts. */
  readonly unit: string;
  readonly values: Column;
}

export interface Frame {
  readonly rows: number;
  readonly strings: readonly string[];
  /** A column that is not in it is not known: absent, which is not zero. */
  readonly columns: ReadonlyMap<string, FrameColumn>;
}

interface Header {
  rows: number;
  columns: { name: string; type: string; unit: string; offset?: number; zero?: boolean }[];
  strings: string[];
}

const MAGIC = 0x31464d56; // "VMF1"

/** Throws when the bytes are no frame, a newer one, or cut short.
 * @param at Where it begins: a multiple of 8. */
export function decodeFrame(buffer: ArrayBuffer, at = 0): Frame {
  const view = new DataView(buffer);
  if (buffer.byteLength < at + 8 || view.getUint32(at, true) !== MAGIC) throw new Error("The server sent no frame of version 1.");
  const start = at + 8 + view.getUint32(at + 4, true);
  if (start > buffer.byteLength) throw new Error("The frame was cut short in its header.");
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, at + 8, start - at - 8))) as Header;
  const columns = new Map<string, FrameColumn>();
  for (const { name, type, unit, offset } of header.columns) {
    // Without an offset: all values are zero, and none were sent.
    const values = offset === undefined ? valuesOf(new ArrayBuffer(header.rows * 8), type, 0, header.rows) : valuesOf(buffer, type, start + offset, header.rows);
    if (values !== undefined) columns.set(name, { name, unit, values });
  }
  return { rows: header.rows, strings: header.strings, columns };
}

/** Types of columns that this page does not know are passed over: a newer server may send more than an older page shows. */
function valuesOf(buffer: ArrayBuffer, type: string, offset: number, rows: number): Column | undefined {
  switch (type) {
    case "f64":
      return new Float64Array(buffer, offset, rows);
    case "i32":
      return new Int32Array(buffer, offset, rows);
    case "u32":
      return new Uint32Array(buffer, offset, rows);
    case "u8":
      return new Uint8Array(buffer, offset, rows);
    default:
      return undefined;
  }
}
