import { draw, element, make, write } from "../dom.ts";
import { age, count, time } from "../format.ts";
import type { MonitorMoments } from "../tables.ts";
import type { Kind, Series } from "./plot.ts";

const NAMES: readonly (readonly [Series, string])[] = [
  ["p50", "p50"],
  ["p99", "p99"],
  ["p999", "p99.9"],
  ["max", "max"],
];

/** What the lines are, with the figures of one moment. */
export class Legend {
  readonly #values = new Map<Series, HTMLElement>();
  readonly #when = make("li", "when");

  constructor() {
    const items = NAMES.map(([series, name]) => {
      const value = make("b", "", "–");
      this.#values.set(series, value);
      const stroke = draw("line", { x1: 0, x2: 22, y1: 4, y2: 4 });
      const sample = draw("svg", { "aria-hidden": "true" }, stroke);
      return make("li", series, sample, make("span", "", name), value);
    });
    element("legend", HTMLUListElement).append(...items, this.#when);
  }

  /** @param back how many moments ago it was; undefined: it is the newest */
  show(moment: MonitorMoments | undefined, kind: Kind, back: number | undefined): void {
    const isTicked = moment !== undefined && moment.ticks > 0;
    for (const [series, value] of this.#values) {
      write(value, isTicked ? time(moment[kind][series]) : "–");
    }
    const skipped = moment && moment.skipped > 0 ? `, ${count(moment.skipped)} skipped` : "";
    const ticks = moment ? `${count(moment.ticks)} ticks${skipped}` : "";
    const when = back === undefined ? "now" : `${age(back)} ago`;
    write(this.#when, ticks ? `${when}: ${ticks}` : when);
  }
}
