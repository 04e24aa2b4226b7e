import type { Room } from "../room/room.js";
import type { RoomType } from "../room/types.js";
import type { Unsubscribe } from "../signal.js";
import type { Key } from "../state/rows.js";
import type { Table } from "../state/table.js";
import { Interpolation, type InterpolationOptions } from "./interpolation.js";
import { Timeline, type TimelineOptions } from "./timeline.js";

/** The names of a row's numbers. */
export type NumberField<R extends object> = {
  [F in keyof R & string]: R[F] extends number ? F : never;
}[keyof R & string];

/** How a table is shown between its patches. */
export type InterpolateOptions<F extends string> = Omit<InterpolationOptions<F>, "patchMs"> &
  Omit<TimelineOptions, "patchMs">;

/** A table as it is between its patches. */
export interface Interpolated<K extends Key, F extends string> {
  /** How far behind the newest patch it is shown, milliseconds. */
  readonly delayMs: number;
  /**
   * Where a row is in the frame at `nowMs`, on the clock of `performance.now()`; undefined if there
   * is no such row.
   */
  at(key: K, nowMs?: number): { [field in F]: number } | undefined;
  /** Ends it. */
  stop: Unsubscribe;
}

/**
 * Shows the rows of a table between its patches, so that 20 of them in a second look like 60 or 144.
 *
 * ```ts
 * const smooth = interpolate(room, room.state.players, { fields: ["x", "y"] });
 * requestAnimationFrame(function frame(nowMs) {
 *   for (const session of room.state.players.keys()) draw(smooth.at(session, nowMs));
 *   requestAnimationFrame(frame);
 * });
 * ```
 */
export function interpolate<
  T extends RoomType,
  K extends Key,
  R extends object,
  F extends NumberField<R>,
>(room: Room<T>, table: Table<K, R>, options: InterpolateOptions<F>): Interpolated<K, F> {
  const { patchMs } = room.pace;
  const timeline = new Timeline({ ...options, patchMs });
  const interpolation = new Interpolation<K, F>({ ...options, patchMs });
  // Rows change before it is told of which patch they are.
  const touched = new Map<K, { readonly [field in F]: number }>();
  const touch = (row: Readonly<R>, key: K) => {
    touched.set(key, row as { readonly [field in F]: number });
  };
  const take = (serverMs: number, receivedMs: number) => {
    timeline.push(serverMs, receivedMs);
    interpolation.advance(serverMs);
    for (const [key, row] of touched) interpolation.push(key, serverMs, row);
    touched.clear();
  };
  const subscriptions = [
    table.onAdd(touch),
    table.onChange(touch),
    table.onRemove((_, key) => {
      touched.delete(key);
      interpolation.remove(key);
    }),
    room.onPatch(({ serverTimeMs, receivedMs }) => take(serverTimeMs, receivedMs)),
    room.onReconnect(() => timeline.reset()),
  ];
  if (room.stamp) take(room.stamp.serverTimeMs, room.stamp.receivedMs);
  return {
    get delayMs() {
      return timeline.delayMs;
    },
    at(key, nowMs = room.nowMs) {
      const serverMs = timeline.at(nowMs);
      return serverMs === undefined ? undefined : interpolation.at(key, serverMs);
    },
    stop() {
      for (const unsubscribe of subscriptions) unsubscribe();
    },
  };
}
