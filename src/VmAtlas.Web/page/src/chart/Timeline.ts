import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { size, time } from "../model/format";
import type { Frame } from "../model/frame";
import { TYPE_NAMES } from "../model/memoryTypes";
import { cssColour } from "./colours";

export interface TimelineEvents {
  /** A snapshot was clicked. */
  onSelect(index: number): void;
  /** A span was dragged: from one snapshot to a later one. */
  onSpan(from: number, to: number): void;
}

export interface Mark {
  readonly index: number;
  readonly title: string;
}

/** Steps of the axis: bytes are counted in powers of two. */
const POWERS = Array.from({ length: 52 }, (_, i) => 2 ** i);

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
    const data = stack(frame, measure, types);
    const key = `${measure} ${theme} ${types.join()}`;
    if (this.#plot !== undefined && key === this.#shown) {
      this.#plot.setData(data);
      return;
    }
    this.#shown = key;
    this.#plot?.destroy();
    this.#plot = new uPlot(this.#options(types), data, this.#place);
  }

  #options(types: readonly number[]): uPlot.Options {
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
        { ...axis, size: 26, values: (_, ticks) => ticks.map((tick) => time(new Date(tick * 1000).toISOString())) },
        { ...axis, size: 68, incrs: POWERS, values: (_, ticks) => ticks.map((tick) => (tick === 0 ? "0" : size(tick))) },
      ],
      series: [{}, ...[...types].reverse().map((type) => ({ fill: cssColour(`--mark-${type}`), stroke: cssColour("--bg"), width: 0.5, points: { show: false } }))],
      hooks: {
        draw: [(plot) => this.#drawMarks(plot, text)],
        setSelect: [(plot) => this.#span(plot)],
        ready: [(plot) => plot.over.addEventListener("click", () => this.#click(plot))],
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
    for (const { index } of this.#marks) {
      ctx.beginPath();
      ctx.moveTo(x(index), top + 7 * devicePixelRatio);
      ctx.lineTo(x(index) - 4 * devicePixelRatio, top);
      ctx.lineTo(x(index) + 4 * devicePixelRatio, top);
      ctx.fill();
    }
    ctx.restore();
  }
}

/** Running sums, the largest first: uPlot fills each down to the axis and draws the next over it. */
function stack(frame: Frame, measure: string, types: readonly number[]): uPlot.AlignedData {
  const time = frame.columns.get("time")!.values as Float64Array;
  let below = new Float64Array(frame.rows);
  const sums: Float64Array[] = [];
  for (const type of types) {
    const values = frame.columns.get(`${measure}.${type}`)!.values;
    const sum = below.map((bytes, i) => bytes + values[i]!);
    sums.push(sum);
    below = sum;
  }
  return [time, ...sums.reverse()];
}

/** Where the sum grew by a tenth and at least 16 MiB from one snapshot to the next. */
export function growth(totals: Float64Array): Mark[] {
  const marks: Mark[] = [];
  for (let i = 1; i < totals.length; i++) {
    const by = totals[i]! - totals[i - 1]!;
    if (by >= 16 * 1048576 && by >= totals[i - 1]! / 10) marks.push({ index: i, title: `grew by ${size(by)}` });
  }
  return marks;
}
