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

/**
 * Looks at `centre`, so that about `sight` units fit into the screen's shorter side, and not
 * farther over the edge of the plane than it must.
 */
export function lookAt(centre: Vector, side: number, sight: number, surface: Surface): Camera {
  const scale = clamp(Math.min(surface.width, surface.height) / sight, 0.45, 2.4);
  const [width, height] = [surface.width / scale, surface.height / scale];
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
