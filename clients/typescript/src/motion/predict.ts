import type { Room } from "../room/room.js";
import type { NameOf, RoomType } from "../room/types.js";
import type { Unsubscribe } from "../signal.js";
import type { Key } from "../state/rows.js";
import type { Table } from "../state/table.js";
import type { NumberField } from "./interpolate.js";
import { Prediction, type PredictionOptions } from "./prediction.js";

/** How the own row is predicted. */
export interface PredictOptions<
  T extends RoomType,
  K extends Key,
  F extends string,
  I extends NameOf<T["inputs"]>,
> extends Omit<PredictionOptions<{ readonly [field in F]: number }, T["inputs"][I]>, "patchMs"> {
  /** The key of the own row, often `room.sessionId`. */
  readonly key: K;
  /** Its numbers that are predicted. */
  readonly fields: readonly F[];
  /** The input that controls it, until the next. */
  readonly input: I;
}

/** The own row as it will be. */
export interface Predicted<F extends string> {
  /**
   * Where it is in the frame at `nowMs`, on the clock of `performance.now()`; undefined while there
   * is no such row.
   */
  at(nowMs?: number): { readonly [field in F]: number } | undefined;
  /** Ends it. */
  stop: Unsubscribe;
}

/**
 * Moves the own row in the moment of the input, and corrects it, smoothly, by what the server says.
 *
 * ```ts
 * const own = predict(room, room.state.players, {
 *   key: room.sessionId,
 *   fields: ["x", "y"],
 *   input: "move",
 *   step: ({ x, y }, move, seconds) => ({
 *     x: clamp(x + (move?.dx ?? 0) * seconds),
 *     y: clamp(y + (move?.dy ?? 0) * seconds),
 *   }),
 * });
 * ```
 */
export function predict<
  T extends RoomType,
  K extends Key,
  R extends object,
  F extends NumberField<R>,
  I extends NameOf<T["inputs"]>,
>(room: Room<T>, table: Table<K, R>, options: PredictOptions<T, K, F, I>): Predicted<F> {
  const { key, fields, input } = options;
  type Own = { readonly [field in F]: number };
  const prediction = new Prediction<Own, T["inputs"][I]>({
    ...options,
    patchMs: room.pace.patchMs,
  });
  const reconcile = () => {
    const row = table.get(key);
    if (!row || !room.stamp) return prediction.reset();
    const motion = Object.fromEntries(fields.map((field) => [field, Number(row[field])])) as Own;
    const { ackedInput, serverTimeMs, receivedMs } = room.stamp;
    prediction.reconcile({ motion, ackedInput, serverMs: serverTimeMs }, receivedMs);
  };
  const subscriptions = [
    room.onPatch(reconcile),
    room.onSend((number, name, payload) => {
      if (name === input) {
        prediction.push(number, payload as T["inputs"][I], room.nowMs);
      }
    }),
  ];
  reconcile();
  return {
    at: (nowMs = room.nowMs) => prediction.at(nowMs),
    stop() {
      for (const unsubscribe of subscriptions) unsubscribe();
    },
  };
}
