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

/** The frame of some of the rows. Not for frames whose columns name rows. */
export function rowsWhere(frame: Frame, fits: (row: number) => boolean): Frame {
  const kept: number[] = [];
  for (let row = 0; row < frame.rows; row++) if (fits(row)) kept.push(row);
  const columns = new Map([...frame.columns].map(([name, column]) => [name, { ...column, values: Float64Array.from(kept, (row) => column.values[row]!) }]));
  return { rows: kept.length, strings: frame.strings, columns };
}

/** Rows that come one frame after the other, as one. Texts are numbered anew. */
export class GrowingFrame {
  #strings: string[] = [""];
  readonly #numbers = new Map<string, number>([["", 0]]);
  readonly #columns = new Map<string, { unit: string; values: Float64Array<ArrayBuffer> | Uint32Array<ArrayBuffer> }>();
  #rows = 0;

  get rows(): number {
    return this.#rows;
  }

  add(frame: Frame): void {
    const numbers = frame.strings.map((text) => this.#numberOf(text));
    for (const [name, { unit, values }] of frame.columns) {
      const kept = this.#column(name, unit, values instanceof Float64Array, this.#rows + frame.rows);
      if (unit === "string") kept.set(Uint32Array.from(values, (text) => numbers[text]!), this.#rows);
      else kept.set(values, this.#rows);
    }
    this.#rows += frame.rows;
  }

  /** What came so far. The columns are used in place. */
  get frame(): Frame {
    const columns = new Map([...this.#columns].map(([name, { unit, values }]) => [name, { name, unit, values: values.subarray(0, this.#rows) }]));
    return { rows: this.#rows, strings: this.#strings, columns };
  }

  #column(name: string, unit: string, isDouble: boolean, rows: number): Float64Array | Uint32Array {
    const column = this.#columns.get(name);
    if (column !== undefined && column.values.length >= rows) return column.values;
    const room = Math.max(rows, 2 * (column?.values.length ?? 0), 1024);
    const values = isDouble ? new Float64Array(room) : new Uint32Array(room);
    if (column !== undefined) values.set(column.values);
    this.#columns.set(name, { unit, values });
    return values;
  }

  #numberOf(text: string): number {
    let number = this.#numbers.get(text);
    if (number === undefined) {
      number = this.#strings.length;
      this.#numbers.set(text, number);
      this.#strings.push(text);
    }
    return number;
  }
}
