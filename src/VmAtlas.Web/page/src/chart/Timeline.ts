import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { size, time } from "../model/format";
import type { Column, Frame } from "../model/frame";
import { TYPE_NAMES } from "../model/memoryTypes";
import { cssColour } from "./colours";

export interface TimelineEvents {
  /** A snapshot was clicked. */
  onSelect(index: number): void;
  /** A span was dragged: from one snapshot to a later one. */
  onSpan(from: number, to: number): void;
}

/** Something that happened at a snapshot. */
export interface Mark {
  readonly index: number;
  readonly title: string;
  /** The process became another program; else a type grew or shrank by much. */
  readonly program: boolean;
}

/** The series' column of what a trace saw allocated and not given back. */
export const ALLOCATED = "allocated";

const ZOOM = 1.25;
/** Snapshots that a view shows at least. */
const LEAST_SHOWN = 2;

/** Steps of the axis: bytes are counted in powers of two. */
const POWERS = Array.from({ length: 52 }, (_, i) => 2 ** i);

/** The same of the axis of time, in seconds: its labels tell no less. */
const SECONDS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400, 172800, 604800];

/** Sums by type over time, stacked. The one place that knows uPlot. */
export class Timeline {
  readonly #place: HTMLElement;
  readonly #events: TimelineEvents;
  readonly #resize: ResizeObserver;
  #plot: uPlot | undefined;
  #shown = "";
  #selected = -1;
  #since: number | undefined;
  #marks: readonly Mark[] = [];
  /** What part is shown, in seconds since 1970; undefined for all. */
  #part: { min: number; max: number } | undefined;

  constructor(place: HTMLElement, events: TimelineEvents) {
    this.#place = place;
    this.#events = events;
    this.#resize = new ResizeObserver(() => this.#plot?.setSize({ width: place.clientWidth, height: place.clientHeight }));
    this.#resize.observe(place);
  }

  dispose(): void {
    this.#resize.disconnect();
    this.#plot?.destroy();
  }

  show(frame: Frame, measure: string, theme: string, selected: number, since: number | undefined, marks: readonly Mark[]): void {
    [this.#selected, this.#since, this.#marks] = [selected, since, marks];
    const types = TYPE_NAMES.map((_, type) => type).filter((type) => frame.columns.has(`${measure}.${type}`));
    const allocated = frame.columns.get(ALLOCATED)?.values;
    const data = stack(frame, measure, types, allocated);
    const key = `${measure} ${theme} ${types.join()} ${allocated !== undefined}`;
    if (this.#plot !== undefined && key === this.#shown) {
      this.#plot.setData(data, this.#part === undefined);
      if (this.#part !== undefined) this.#plot.redraw();
      return;
    }
    this.#shown = key;
    this.#plot?.destroy();
    this.#plot = new uPlot(this.#options(types, allocated !== undefined), data, this.#place);
    if (this.#part !== undefined) this.#plot.setScale("x", this.#part);
  }

  /** A factor below 1 goes nearer, about a moment; the middle of the view when none is given. */
  zoom(factor: number, about?: number): void {
    const [from, to] = this.#viewed();
    const middle = about ?? (from + to) / 2;
    this.#view(middle - (middle - from) * factor, middle + (to - middle) * factor);
  }

  /** Moves by a part of what is shown. */
  pan(share: number): void {
    const [from, to] = this.#viewed();
    this.#view(from + (to - from) * share, to + (to - from) * share);
  }

  whole(): void {
    const [first, last] = this.#ends();
    this.#part = undefined;
    this.#plot?.setScale("x", { min: first, max: last });
  }

  get zoomed(): boolean {
    return this.#part !== undefined;
  }

  #ends(): [number, number] {
    const times = this.#plot?.data[0] ?? [0, 1];
    return [times[0] ?? 0, times.at(-1) ?? 1];
  }

  #viewed(): [number, number] {
    const [first, last] = this.#ends();
    return [this.#part?.min ?? first, this.#part?.max ?? last];
  }

  #view(from: number, to: number): void {
    const [first, last] = this.#ends();
    const times = this.#plot?.data[0].length ?? 0;
    const least = times < LEAST_SHOWN ? 1 : ((last - first) * (LEAST_SHOWN - 1)) / (times - 1);
    const width = Math.min(last - first, Math.max(least, to - from));
    if (width >= last - first) return this.whole();
    const min = Math.min(Math.max(first, from), last - width);
    this.#part = { min, max: min + width };
    this.#plot?.setScale("x", this.#part);
  }

  #wheel(plot: uPlot, event: WheelEvent): void {
    event.preventDefault();
    if (event.shiftKey) this.pan(Math.sign(event.deltaY || event.deltaX) * 0.1);
    else this.zoom(event.deltaY > 0 ? ZOOM : 1 / ZOOM, plot.posToVal(event.clientX - plot.over.getBoundingClientRect().left, "x"));
  }

  #options(types: readonly number[], allocated: boolean): uPlot.Options {
    const [text, line] = [cssColour("--text"), cssColour("--line")];
    const axis = { stroke: text, grid: { stroke: line, width: 1 }, ticks: { stroke: line }, font: "11px system-ui, sans-serif" };
    return {
      width: this.#place.clientWidth,
      height: this.#place.clientHeight,
      legend: { show: false },
      padding: [6, 10, 0, 0],
      cursor: { y: false, drag: { x: true, y: false, setScale: false }, points: { show: false } },
      scales: { x: { time: true }, y: { range: (_, __, max) => [0, Math.max(1, max * 1.05)] } },
      axes: [
        { ...axis, size: 26, space: 80, incrs: SECONDS, values: (_, ticks) => ticks.map((tick) => time(new Date(tick * 1000).toISOString())) },
        { ...axis, size: 68, incrs: POWERS, values: (_, ticks) => ticks.map((tick) => (tick === 0 ? "0" : size(tick))) },
      ],
      series: [
        {},
        ...[...types].reverse().map((type) => ({ fill: cssColour(`--mark-${type}`), stroke: cssColour("--bg"), width: 0.5, points: { show: false } })),
        ...(allocated ? [{ stroke: cssColour("--bg"), width: 5, points: { show: false } }, { stroke: text, width: 2, dash: [6, 3], points: { show: false } }] : []),
      ],
      hooks: {
        draw: [(plot) => this.#drawMarks(plot, text)],
        setSelect: [(plot) => this.#span(plot)],
        ready: [
          (plot) => {
            plot.over.addEventListener("click", () => this.#click(plot));
            plot.over.addEventListener("wheel", (event) => this.#wheel(plot, event), { passive: false });
          },
        ],
      },
    };
  }

  /** uPlot's own time marks are seconds; snapshots are found by the nearest one. */
  #click(plot: uPlot): void {
    const { idx } = plot.cursor;
    if (idx !== undefined && idx !== null && plot.select.width < 3) this.#events.onSelect(idx);
  }

  #span(plot: uPlot): void {
    const { left, width } = plot.select;
    if (width < 3) return;
    const [from, to] = [plot.posToIdx(left), plot.posToIdx(left + width)];
    plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    if (from < to) this.#events.onSpan(from, to);
  }

  #drawMarks(plot: uPlot, colour: string): void {
    const { ctx } = plot;
    const { top, height } = plot.bbox;
    const x = (index: number): number => plot.valToPos(plot.data[0][index] ?? 0, "x", true);
    ctx.save();
    ctx.beginPath();
    ctx.rect(plot.bbox.left, top, plot.bbox.width, height);
    ctx.clip();
    if (this.#since !== undefined) {
      ctx.fillStyle = cssColour("--focus");
      ctx.globalAlpha = 0.18;
      ctx.fillRect(x(this.#since), top, x(this.#selected) - x(this.#since), height);
      ctx.globalAlpha = 1;
    }
    ctx.strokeStyle = cssColour("--focus");
    ctx.lineWidth = 2 * devicePixelRatio;
    ctx.beginPath();
    ctx.moveTo(x(this.#selected), top);
    ctx.lineTo(x(this.#selected), top + height);
    ctx.stroke();
    ctx.fillStyle = colour;
    for (const { index, program } of this.#marks) {
      const [at, half] = [x(index), 4 * devicePixelRatio];
      ctx.beginPath();
      if (program) ctx.moveTo(at, top + 2 * half);
      ctx.lineTo(at - half, program ? top + half : top);
      if (program) ctx.lineTo(at, top);
      ctx.lineTo(at + half, program ? top + half : top);
      if (!program) ctx.lineTo(at, top + 7 * devicePixelRatio);
      ctx.closePath();
      ctx.fill();
      if (program) ctx.fillRect(at - devicePixelRatio / 2, top, devicePixelRatio, height);
    }
    ctx.restore();
  }
}

/** Running sums, the largest first: uPlot fills each down to the axis and draws the next over it. */
function stack(frame: Frame, measure: string, types: readonly number[], allocated: Column | undefined): uPlot.AlignedData {
  const time = frame.columns.get("time")!.values as Float64Array;
  let below = new Float64Array(frame.rows);
  const sums: Float64Array[] = [];
  for (const type of types) {
    const values = frame.columns.get(`${measure}.${type}`)!.values;
    const sum = below.map((bytes, i) => bytes + values[i]!);
    sums.push(sum);
    below = sum;
  }
  // Where nobody traced there is no line.
  const line = allocated === undefined ? [] : Array.from(allocated, (bytes) => (Number.isNaN(bytes) ? null : bytes));
  return [time, ...sums.reverse(), ...(allocated === undefined ? [] : [line, line])]; // twice: dashes, and what they are drawn on
}

/** What happened, from the series' columns "event" and "mark". */
export function marksOf(frame: Frame): Mark[] {
  const [texts, kinds] = [frame.columns.get("event")?.values, frame.columns.get("mark")?.values];
  if (texts === undefined || kinds === undefined) return [];
  const marks: Mark[] = [];
  for (let index = 0; index < frame.rows; index++) {
    if (kinds[index] !== 0) marks.push({ index, title: frame.strings[texts[index]!]!.replaceAll("\n", "; "), program: kinds[index] === 2 });
  }
  return marks;
}
