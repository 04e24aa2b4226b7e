import { type Interpolated, interpolate, type Predicted, predict } from "@downbeat/client";
import { clamp, type Vector } from "../shared/vector.ts";
import type { WorldSeat } from "./room.ts";

/** Somebody in sight. */
export interface Seen extends Vector {
  /** None for a drifter, whom nobody plays. */
  readonly session: string | undefined;
  readonly id: number;
  readonly isOwn: boolean;
  /** From 0, just come into sight, to 1. */
  readonly presence: number;
}

/** How long somebody takes to appear, milliseconds. */
const APPEAR_MS = 350;

/** All whom the server tells this client of, where they are to be drawn. */
export class Near {
  readonly #room: WorldSeat;
  readonly #movers: Interpolated<string, "x" | "y">;
  readonly #drifters: Interpolated<number, "x" | "y">;
  readonly #own: Predicted<"x" | "y">;
  readonly #since = new Map<string | number, number>();

  constructor(room: WorldSeat) {
    const { movers, drifters } = room.state;
    this.#room = room;
    this.#movers = interpolate(room, movers, { fields: ["x", "y"] });
    this.#drifters = interpolate(room, drifters, { fields: ["x", "y"] });
    this.#own = predict(room, movers, {
      key: room.sessionId,
      fields: ["x", "y"],
      input: "move",
      // At the world's edge the room turns a player round: that comes as a correction.
      step: ({ x, y }, move, seconds) => ({
        x: x + (move?.dx ?? 0) * seconds,
        y: y + (move?.dy ?? 0) * seconds,
      }),
    });
    this.#watch(movers);
    this.#watch(drifters);
  }

  get count(): number {
    return this.#room.state.drifters.size + this.#room.state.movers.size;
  }

  /** All in the frame at `now`; the own player last. */
  seen(now: number, isInterpolated: boolean): Seen[] {
    const { movers, drifters } = this.#room.state;
    const seen: Seen[] = [];
    for (const [id, row] of drifters) {
      const { x, y } = (isInterpolated && this.#drifters.at(id, now)) || row;
      const presence = this.#presence(id, now);
      seen.push({ session: undefined, id, isOwn: false, presence, x, y });
    }
    for (const [session, row] of movers) {
      const isOwn = session === this.#room.sessionId;
      const place = isOwn ? this.#own.at(now) : isInterpolated && this.#movers.at(session, now);
      const { x, y } = place || row;
      seen.push({ session, id: 0, isOwn, presence: this.#presence(session, now), x, y });
    }
    return seen.sort((one, other) => Number(one.isOwn) - Number(other.isOwn));
  }

  #watch<K extends string | number>(table: {
    onAdd(listener: (row: object, key: K) => void): unknown;
    onRemove(listener: (row: object, key: K) => void): unknown;
  }): void {
    table.onAdd((_, key) => this.#since.set(key, performance.now()));
    table.onRemove((_, key) => this.#since.delete(key));
  }

  #presence(key: string | number, now: number): number {
    // A frame's time is that of its begin: a patch may have come since.
    return clamp((now - (this.#since.get(key) ?? now)) / APPEAR_MS, 0, 1);
  }
}
