import { draw, make, set, write } from "../dom.ts";
import { count, time } from "../format.ts";
import { markText } from "../plot/scale.ts";
import type { TicksDetail } from "../room.ts";

const PER_DECADE = 8;
/** What is drawn: from 1 µs to 1 s, and all that is longer in the last bar. */
const BARS = 6 * PER_DECADE;
const EDGES = { top: 8, bottom: 20 };
const HEIGHT = 136;

/** How long the ticks of a room took, on a logarithmic axis. */
export class Histogram {
  readonly #svg = draw("svg", { role: "img", preserveAspectRatio: "none" });
  readonly #box = make("div", "bars");
  readonly #times = make("dl", "times");
  readonly #values = new Map<string, HTMLElement>();

  constructor(parent: HTMLElement) {
    this.#box.append(this.#svg);
    for (const name of ["p50", "p99", "max", "completion p99"]) {
      const value = make("dd", "", "–");
      this.#values.set(name, value);
      this.#times.append(make("div", "", make("dt", "", name), value));
    }
    parent.append(this.#box, this.#times);
  }

  show({ count: ticks, duration, completion }: TicksDetail, tickHz: number): void {
    const width = Math.max(this.#box.clientWidth, 200);
    set(this.#svg, "viewBox", `0 0 ${width} ${HEIGHT}`);
    const bars = merge(duration.buckets);
    const most = Math.max(1, ...bars);
    const step = width / BARS;
    const floor = HEIGHT - EDGES.bottom;
    const drawn = bars.flatMap((bar, index) => {
      if (bar === 0) return [];
      // A single slow tick is what one looks for: it is seen beside thousands.
      const height = Math.max(2, (Math.log1p(bar) / Math.log1p(most)) * (floor - EDGES.top));
      const x = (index * step + 0.5).toFixed(1);
      const place = { x, y: floor - height, width: Math.max(1, step - 1), height, rx: 1.5 };
      return [draw("rect", place, draw("title", {}, barText(index, bar)))];
    });
    const base = draw("line", { class: "base", x1: 0, x2: width, y1: floor, y2: floor });
    this.#svg.replaceChildren(base, ...marks(width), ...drawn, ...budget(tickHz, width));
    const label = `${count(ticks)} ticks, half of them under ${time(duration.p50)}`;
    set(this.#svg, "aria-label", `${label}, the longest ${time(duration.max)}`);
    const values = [duration.p50, duration.p99, duration.max, completion.p99];
    for (const [index, cell] of [...this.#values.values()].entries()) {
      write(cell, ticks > 0 ? time(values[index] ?? 0) : "–");
    }
  }
}

function merge(buckets: readonly number[]): readonly number[] {
  const bars = buckets.slice(0, BARS).map(Number);
  const longer = buckets.slice(BARS).reduce((sum, bucket) => sum + Number(bucket), 0);
  bars[BARS - 1] = (bars[BARS - 1] ?? 0) + longer;
  return bars;
}

function barText(index: number, bar: number): string {
  const bound = (at: number) => time(10 ** (at / PER_DECADE));
  return `${bound(index)} to ${bound(index + 1)}: ${count(bar)}`;
}

function marks(width: number): SVGElement[] {
  return Array.from({ length: 7 }, (_, decade) => {
    const anchor = decade === 0 ? "start" : decade === 6 ? "end" : "middle";
    const place = { x: (decade / 6) * width, y: HEIGHT - 5, "text-anchor": anchor };
    return draw("text", place, markText(10 ** decade));
  });
}

/** The time from one tick to the next: what a tick must not take. */
function budget(tickHz: number, width: number): SVGElement[] {
  if (tickHz === 0) return [];
  const x = (Math.log10(1e6 / tickHz) / 6) * width;
  const line = draw("line", { class: "budget", x1: x, x2: x, y1: 0, y2: HEIGHT - EDGES.bottom });
  const text = { class: "budget-text", x: x - 5, y: 10, "text-anchor": "end" };
  return [line, draw("text", text, "period")];
}
