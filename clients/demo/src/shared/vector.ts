/** A place, a velocity or a direction. */
export interface Vector {
  readonly x: number;
  readonly y: number;
}

export const ZERO: Vector = { x: 0, y: 0 };

/** The same direction, no longer than this. */
export function atMost({ x, y }: Vector, length: number): Vector {
  const found = Math.hypot(x, y);
  const scale = found > length ? length / found : 1;
  return { x: x * scale, y: y * scale };
}

export function clamp(value: number, min: number, max: number): number {
  return Math.min(Math.max(value, min), max);
}
