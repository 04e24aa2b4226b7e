import type { Surface } from "./surface.ts";
import { clamp, type Vector } from "./vector.ts";

/** How places of a square plane come to the screen. */
export interface Camera {
  /** CSS pixels per unit. */
  readonly scale: number;
  /** What of the plane is at the screen's upper left corner, and how much is seen. */
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  toScreen(place: Vector): Vector;
}

/** What is seen beyond the plane's edge, units. */
const MARGIN = 40;

/** What is looked at, all in units of the plane. */
export interface View {
  readonly centre: Vector;
  /** Of the whole plane. */
  readonly side: number;
  /** What fits, about, into the screen's shorter side. */
  readonly sight: number;
}

/**
 * Looks at a centre, and not farther over the edge of the plane than it must. What a panel covers
 * on the right does not count as seen.
 */
export function lookAt({ centre, side, sight }: View, surface: Surface, covered = 0): Camera {
  const free = surface.width - covered;
  const scale = clamp(Math.min(free, surface.height) / sight, 0.45, 2.4);
  const [width, height] = [free / scale, surface.height / scale];
  const left = start(centre.x, width, side);
  const top = start(centre.y, height, side);
  const toScreen = ({ x, y }: Vector) => ({ x: (x - left) * scale, y: (y - top) * scale });
  return { scale, left, top, width, height, toScreen };
}

/** Where what is seen begins, along one axis. */
function start(centre: number, seen: number, side: number): number {
  const whole = side + 2 * MARGIN;
  if (seen >= whole) return (side - seen) / 2;
  return clamp(centre - seen / 2, -MARGIN, side + MARGIN - seen);
}
