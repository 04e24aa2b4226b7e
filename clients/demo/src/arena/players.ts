import { type Interpolated, interpolate, type Predicted, predict } from "@downbeat/client";
import type { Vector } from "../shared/vector.ts";
import type { ArenaSeat } from "./room.ts";
import { moved } from "./rules.ts";
import type { Figure } from "./scene.ts";

/** What the page's switches say. */
export interface Smoothing {
  interpolation: boolean;
  prediction: boolean;
}

/** A player who is farther off than this has been put elsewhere, units. */
const JUMP_MAX = 200;

/** The players of a room, where they are to be drawn. */
export class Players {
  readonly #room: ArenaSeat;
  readonly #others: Interpolated<string, "x" | "y">;
  readonly #own: Predicted<"x" | "y">;

  constructor(room: ArenaSeat) {
    const { players } = room.state;
    this.#room = room;
    this.#others = interpolate(room, players, { fields: ["x", "y"], jumpMax: JUMP_MAX });
    this.#own = predict(room, players, {
      key: room.sessionId,
      fields: ["x", "y"],
      input: "move",
      jumpMax: JUMP_MAX,
      step: (place, move, seconds) => moved(place, { x: move?.dx ?? 0, y: move?.dy ?? 0 }, seconds),
    });
  }

  /** Everybody in the frame at `now`. */
  figures(now: number, smoothing: Smoothing): Figure[] {
    const { players } = this.#room.state;
    return [...players].map(([session, { x, y, hp }]) => {
      const isOwn = session === this.#room.sessionId;
      const place = this.#place(session, isOwn, now, smoothing) ?? { x, y };
      return { session, hp, isOwn, x: place.x, y: place.y };
    });
  }

  #place(session: string, isOwn: boolean, now: number, on: Smoothing): Vector | undefined {
    if (isOwn && on.prediction) return this.#own.at(now);
    return on.interpolation ? this.#others.at(session, now) : undefined;
  }
}
