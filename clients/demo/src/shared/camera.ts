import { clamp, type Vector } from "./vector.ts";

/** How places of a square plane come to the screen. */
export interface Camera {
  /** CSS pixels per unit. */
  readonly scale: number;
  /** What of the plane is at the free area's upper left corner, and how much is seen there. */
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
  /** What fits, about, into the shorter side of the area. */
  readonly sight: number;
}

/** A part of the screen, CSS pixels. */
export interface Area {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** The least and the most CSS pixels for a unit. */
const SCALE = [0.45, 2.4] as const;

/**
 * Looks at a centre, and not farther over the edge of the plane than it must. Only what is within
 * the free area counts as seen; the rest of the screen goes on beyond it.
 */
export function lookAt({ centre, side, sight }: View, free: Area): Camera {
  const scale = clamp(Math.min(free.width, free.height) / sight, ...SCALE);
  const [width, height] = [free.width / scale, free.height / scale];
  const left = start(centre.x, width, side);
  const top = start(centre.y, height, side);
  const toScreen = ({ x, y }: Vector) => ({
    x: free.left + (x - left) * scale,
    y: free.top + (y - top) * scale,
  });
  return { scale, left, top, width, height, toScreen };
}

/** Where what is seen begins, along one axis. */
function start(centre: number, seen: number, side: number): number {
  const whole = side + 2 * MARGIN;
  if (seen >= whole) return (side - seen) / 2;
  return clamp(centre - seen / 2, -MARGIN, side + MARGIN - seen);
}
