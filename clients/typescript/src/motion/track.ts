/** Numbers of a row that move together, such as x and y. */
export type Point = readonly number[];

/** How the way between two points is found. */
export interface TrackOptions {
  /** Between two patches, milliseconds. */
  readonly patchMs: number;
  /** How far beyond the newest point the way goes on, milliseconds. */
  readonly extrapolationMs: number;
  /** A number that differs by more between two patches has jumped: there is no way between. */
  readonly jumpMax: number;
  /** For each number, the period of a circle it goes round on; 0 for a straight line. */
  readonly periods: Point;
}

interface Mark {
  readonly atMs: number;
  readonly point: Point;
}

/** A second and a half at 20 Hz: more than any delay. */
const MARKS_MAX = 32;

/** How long a jump takes. */
const JUMP_MS = 0.001;

/** Where one row was, mark by mark, and so where it is between them. */
export class Track {
  readonly #options: TrackOptions;
  #marks: Mark[] = [];

  constructor(options: TrackOptions) {
    this.#options = options;
  }

  push(atMs: number, point: Point): void {
    const last = this.#marks.at(-1);
    if (last && atMs <= last.atMs) this.#marks.pop();
    else if (last) this.#rest(last, atMs, point);
    this.#marks.push({ atMs, point });
    if (this.#marks.length > MARKS_MAX) this.#marks = this.#marks.slice(-MARKS_MAX);
  }

  /**
   * The point at a time; undefined before the first mark was made.
   *
   * @param knownMs the time of the newest patch, whether or not the row was in it
   */
  at(atMs: number, knownMs: number): Point | undefined {
    const after = this.#marks.findIndex((mark) => mark.atMs > atMs);
    const before = this.#marks.at(after < 0 ? -1 : after - 1);
    if (after === 0 || !before) return this.#marks[0]?.point;
    const next = this.#marks[after];
    if (next) return this.#between(before, next, (atMs - before.atMs) / (next.atMs - before.atMs));
    return knownMs > before.atMs ? before.point : this.#beyond(before, atMs - before.atMs);
  }

  /** A row that was in no patch for a while has rested until one patch ago; one that jumps, too. */
  #rest(last: Mark, atMs: number, point: Point): void {
    const { patchMs, jumpMax, periods } = this.#options;
    const far = point.some((to, index) => {
      return Math.abs(way(last.point[index] ?? to, to, periods[index])) > jumpMax;
    });
    if (far) this.#marks.push({ atMs: atMs - JUMP_MS, point: last.point });
    else if (atMs - last.atMs > patchMs * 1.5) {
      this.#marks.push({ atMs: atMs - patchMs, point: last.point });
    }
  }

  /**
   * Nothing newer is here: on at the same speed, for a bounded time. If nothing comes then either,
   * the row has stopped rather than been delayed, and glides back to where it was last.
   */
  #beyond(last: Mark, beyondMs: number): Point {
    const former = this.#marks.at(-2);
    const { extrapolationMs } = this.#options;
    if (!former || extrapolationMs === 0 || beyondMs >= 3 * extrapolationMs) return last.point;
    const onMs = Math.min(beyondMs, (3 * extrapolationMs - beyondMs) / 2);
    return this.#between(former, last, 1 + onMs / (last.atMs - former.atMs));
  }

  #between(from: Mark, to: Mark, part: number): Point {
    const { periods } = this.#options;
    return from.point.map((start, index) => {
      return start + way(start, to.point[index] ?? start, periods[index]) * part;
    });
  }
}

/** From one number to another, the short way round if they are on a circle. */
function way(from: number, to: number, period = 0): number {
  const straight = to - from;
  return period > 0 ? straight - period * Math.round(straight / period) : straight;
}
