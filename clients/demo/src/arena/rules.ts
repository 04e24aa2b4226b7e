import { clamp, type Vector } from "../shared/vector.ts";

/** What the room decides, as `engine/src/rooms/arena.rs` has it: prediction must do the same. */
export const SIDE = 1_000;
export const HP = 100;
/** How fast this page's players go, units per second. The room allows more. */
export const SPEED = 320;

/** Where a player is after so long with this velocity. */
export function moved({ x, y }: Vector, velocity: Vector, seconds: number): Vector {
  return {
    x: clamp(x + velocity.x * seconds, 0, SIDE),
    y: clamp(y + velocity.y * seconds, 0, SIDE),
  };
}
