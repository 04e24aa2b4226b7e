import type { Vector } from "../shared/vector.ts";

/** How fast a heading follows the way, from 0 to 1 per unit that was swum. */
const FOLLOW = 0.12;

interface Kept extends Vector {
  readonly dx: number;
  readonly dy: number;
}

/** Which way drifters look: where they came from in the last frames. The server tells places only. */
export class Headings {
  readonly #kept = new Map<number, Kept>();

  /** Takes where they are in this frame; who is not there any more is forgotten. */
  add(drifters: ReadonlyMap<number, Vector>): void {
    for (const id of this.#kept.keys()) if (!drifters.has(id)) this.#kept.delete(id);
    for (const [id, { x, y }] of drifters) {
      const last = this.#kept.get(id) ?? { x, y, dx: 0, dy: 0 };
      const [stepX, stepY] = [x - last.x, y - last.y];
      const keep = Math.max(0, 1 - FOLLOW * Math.hypot(stepX, stepY));
      this.#kept.set(id, { x, y, dx: last.dx * keep + stepX, dy: last.dy * keep + stepY });
    }
  }

  /** Radians. */
  of(id: number): number {
    const { dx, dy } = this.#kept.get(id) ?? { dx: 1, dy: 0 };
    return Math.atan2(dy, dx);
  }
}
