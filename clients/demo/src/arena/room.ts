import type { Room } from "@downbeat/client";
import type { ArenaRoom } from "../rooms.ts";

/** The room's inputs, as `engine/src/rooms/arena.rs` has them. It tells no events. */
export type Arena = ArenaRoom<{ move: { dx: number; dy: number } }>;

export type ArenaSeat = Room<Arena>;
