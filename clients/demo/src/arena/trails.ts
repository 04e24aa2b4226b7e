import { STILL } from "../shared/surface.ts";
import type { Vector } from "../shared/vector.ts";

/** How far back a trail goes, and how often a place is kept, milliseconds. */
const LENGTH_MS = 340;
const STEP_MS = 20;

interface Kept extends Vector {
  readonly at: number;
}

/** Where players were drawn a moment ago: what shows best how smooth a motion is. */
export class Trails {
  readonly #kept = new Map<string, Kept[]>();

  /** Keeps where everybody is now; who is not there any more is forgotten. */
  add(now: number, figures: Iterable<Vector & { readonly session: string }>): void {
    if (STILL.matches) return;
    const here = new Set<string>();
    for (const { session, x, y } of figures) {
      here.add(session);
      this.#addOne(session, { x, y, at: now });
    }
    for (const session of this.#kept.keys()) if (!here.has(session)) this.#kept.delete(session);
  }

  of(session: string): readonly Vector[] {
    return this.#kept.get(session) ?? [];
  }

  #addOne(session: string, place: Kept): void {
    const trail = this.#kept.get(session) ?? [];
    const isRecent = (kept: Kept) => kept.at > place.at - LENGTH_MS;
    const last = trail.at(-2);
    // The newest place is always the present one: a trail ends at its player.
    if (last && place.at - last.at < STEP_MS) trail.pop();
    this.#kept.set(session, [...trail.filter(isRecent), place]);
  }
}
