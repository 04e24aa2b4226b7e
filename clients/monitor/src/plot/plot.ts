import { beforeFrame, draw, element, set, write } from "../dom.ts";
import { age, time } from "../format.ts";
import type { State } from "../room.ts";
import type { MonitorMoments } from "../tables.ts";
import { Legend } from "./legend.ts";
import { LogScale, markText } from "./scale.ts";

/** Which time of the ticks is plotted. */
export type Kind = "completion" | "lateness" | "duration";
const TITLES: Readonly<Record<Kind, string>> = {
  completion: "Completion lateness of ticks",
  lateness: "Start lateness of ticks",
  duration: "Duration of ticks",
};
export const SERIES = ["max", "p999", "p99", "p50"] as const;
export type Series = (typeof SERIES)[number];

/** Moments from edge to edge: about five minutes. */
const SPAN = 300;
/** Fewer minutes are written below where all of them do not fit, pixels. */
const NARROW = 480;
const EDGES = { top: 10, right: 12, bottom: 22, left: 56 };

/** How late ticks were, moment by moment, as percentiles on a logarithmic axis. */
export class Plot {
  readonly #box = element("plot", HTMLDivElement);
  readonly #title = element("ticks-title", HTMLHeadingElement);
  readonly #grid = draw("g");
  readonly #paths = new Map(SERIES.map((name) => [name, draw("path", { class: name })] as const));
  readonly #skipped = draw("path", { class: "skipped" });
  readonly #cursor = draw("line", { class: "cursor", visibility: "hidden" });
  readonly #empty = draw("text", { class: "empty", "text-anchor": "middle" }, "No room ticks yet");
  readonly #legend = new Legend();
  readonly #redraw = beforeFrame(() => this.#draw());
  #moments: readonly (readonly [number, MonitorMoments])[] = [];
  #newest = 0;
  #kind: Kind = "completion";
  /** The moment that is pointed at, counted back from the newest. */
  #back: number | undefined;

  constructor() {
    const svg = draw("svg", { "aria-hidden": "true" });
    svg.append(this.#grid, this.#cursor, ...this.#paths.values(), this.#skipped, this.#empty);
    this.#box.append(svg);
    new ResizeObserver(this.#redraw).observe(this.#box);
    this.#listen();
  }

  show({ node, moments }: State): void {
    this.#newest = node.value?.moment ?? 0;
    this.#moments = [...moments].sort(([one], [other]) => one - other);
    this.#redraw();
  }

  #listen(): void {
    for (const input of document.querySelectorAll<HTMLInputElement>("input[name=kind]")) {
      input.addEventListener("change", () => {
        this.#kind = input.value as Kind;
        this.#redraw();
      });
    }
    this.#box.addEventListener("pointermove", ({ offsetX }) => this.#point(this.#backAt(offsetX)));
    this.#box.addEventListener("pointerleave", () => this.#point(undefined));
    this.#box.addEventListener("blur", () => this.#point(undefined));
    this.#box.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: 1, ArrowRight: -1, Home: SPAN, End: -SPAN }[event.key];
      if (step === undefined) return;
      event.preventDefault();
      this.#point(Math.min(SPAN - 1, Math.max(0, (this.#back ?? 0) + step)));
    });
  }

  #point(back: number | undefined): void {
    this.#back = back;
    this.#redraw();
  }

  #backAt(x: number): number {
    const { width } = this.#size();
    const part = (x - EDGES.left) / (width - EDGES.left - EDGES.right);
    return Math.round((1 - Math.min(1, Math.max(0, part))) * (SPAN - 1));
  }

  #size(): { width: number; height: number } {
    const { clientWidth, clientHeight } = this.#box;
    return { width: Math.max(clientWidth, 200), height: Math.max(clientHeight, 100) };
  }

  #draw(): void {
    const ticked = this.#moments.filter(([, moment]) => moment.ticks > 0);
    const scale = new LogScale(
      ticked.flatMap(([, moment]) => [moment[this.#kind].p50, moment[this.#kind].max]),
    );
    const { width, height } = this.#size();
    const x = (number: number) => {
      const part = 1 - (this.#newest - number) / (SPAN - 1);
      return EDGES.left + part * (width - EDGES.left - EDGES.right);
    };
    const y = (us: number) => {
      return height - EDGES.bottom - scale.part(us) * (height - EDGES.top - EDGES.bottom);
    };
    this.#drawGrid(scale, width, height, y);
    for (const [name, path] of this.#paths) set(path, "d", this.#line(ticked, name, x, y));
    this.#drawSkipped(x, height - EDGES.bottom);
    set(this.#empty, "x", `${width / 2}`);
    set(this.#empty, "y", `${height / 2}`);
    set(this.#empty, "visibility", ticked.length > 0 ? "hidden" : "visible");
    this.#drawCursor(x, height);
  }

  #drawGrid(scale: LogScale, width: number, height: number, y: (us: number) => number): void {
    const lines = scale.marks.flatMap((mark) => {
      const at = Math.round(y(mark));
      const text = draw("text", { x: EDGES.left - 8, y: at + 3.5, "text-anchor": "end" });
      text.append(markText(mark));
      const to = width - EDGES.right;
      return [draw("line", { class: "grid", x1: EDGES.left, x2: to, y1: at, y2: at }), text];
    });
    const minutes = (width < NARROW ? [4, 2, 0] : [5, 4, 3, 2, 1, 0]).map((minute) => {
      const part = 1 - (minute * 60) / SPAN;
      const at = EDGES.left + part * (width - EDGES.left - EDGES.right);
      const anchor = minute === 0 ? "end" : minute === 5 ? "start" : "middle";
      const text = draw("text", { x: at, y: height - 5, "text-anchor": anchor });
      text.append(minute === 0 ? "now" : `−${minute} min`);
      return text;
    });
    this.#grid.replaceChildren(...lines, ...minutes);
  }

  /** Moments without ticks, and those that are missing, break the line. */
  #line(
    moments: readonly (readonly [number, MonitorMoments])[],
    series: Series,
    x: (number: number) => number,
    y: (us: number) => number,
  ): string {
    let [path, last] = ["", Number.NEGATIVE_INFINITY];
    for (const [number, moment] of moments) {
      const to = `${x(number).toFixed(1)} ${y(moment[this.#kind][series]).toFixed(1)}`;
      path += number === last + 1 ? `L${to}` : `M${to}h.01`;
      last = number;
    }
    return path;
  }

  #drawSkipped(x: (number: number) => number, bottom: number): void {
    const skipped = this.#moments.filter(([, moment]) => moment.skipped > 0);
    const marks = skipped.map(([number]) => `M${x(number).toFixed(1)} ${bottom - 7}l4 7h-8z`);
    set(this.#skipped, "d", marks.join(""));
  }

  #drawCursor(x: (number: number) => number, height: number): void {
    const number = this.#newest - (this.#back ?? 0);
    const moment = this.#moments.find(([found]) => found === number)?.[1];
    set(this.#cursor, "visibility", this.#back === undefined ? "hidden" : "visible");
    for (const end of ["x1", "x2"]) set(this.#cursor, end, `${x(number)}`);
    set(this.#cursor, "y1", `${EDGES.top}`);
    set(this.#cursor, "y2", `${height - EDGES.bottom}`);
    this.#legend.show(moment, this.#kind, this.#back);
    this.#describe(moment);
  }

  #describe(moment: MonitorMoments | undefined): void {
    write(this.#title, TITLES[this.#kind]);
    set(this.#box, "aria-label", `${TITLES[this.#kind]}, the last five minutes`);
    set(this.#box, "aria-valuenow", `${-(this.#back ?? 0)}`);
    const when = this.#back === undefined ? "now" : `${age(this.#back)} ago`;
    const { p50 = 0, p99 = 0, max = 0 } = moment?.[this.#kind] ?? {};
    const figures = `p50 ${time(p50)}, p99 ${time(p99)}, at most ${time(max)}`;
    const isTicked = moment !== undefined && moment.ticks > 0;
    set(this.#box, "aria-valuetext", `${when}: ${isTicked ? figures : "no ticks"}`);
  }
}
