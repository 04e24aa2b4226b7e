import type { Room } from "@downbeat/client";
import type { WorldRoom } from "../rooms.ts";

/** The room's inputs, as `engine/src/rooms/world` has them. It tells no events. */
export type World = WorldRoom<{ move: { dx: number; dy: number } }>;

export type WorldSeat = Room<World>;

/** What the creator of a world decides, and the listing tells of it. */
export interface WorldOptions {
  readonly side: number;
  readonly sight: number;
  readonly drifters: number;
}

/** What this page asks for, if it is the first: others may have made a world of their own. */
export const WANTED: WorldOptions = { side: 1_900, sight: 300, drifters: 6_000 };
/** The side of a cell of interest, units. */
export const CELL = 100;
/** Units per second. The room allows more. */
export const SPEED = 260;
