import type { Single } from "../state/single.js";
import type { Table } from "../state/table.js";

/**
 * What a room is to its clients: `downbeat types` prints `state` from the Rust room; `inputs` and
 * `events` are its `Input` and `Event` enums, variant by variant, and are written by hand.
 *
 * ```ts
 * type Arena = {
 *   state: { players: Table<SessionId, { x: number; y: number; hp: number }> };
 *   inputs: { move: { dx: number; dy: number } };
 *   events: {};
 * };
 * ```
 *
 * A variant without values has the type `undefined`.
 */
export interface RoomType {
  state: object;
  inputs: object;
  events: object;
}

/** A room that nothing is known of: its tables are found by name, and told apart by `kind`. */
export interface AnyRoom extends RoomType {
  state: { readonly [table: string]: Table | Single };
  inputs: { [name: string]: unknown };
  events: { [name: string]: unknown };
}

/** The names of a set of variants. */
export type NameOf<Variants extends object> = keyof Variants & string;

/** What follows the name of an input in `send`: nothing for a variant without values. */
export type InputArguments<Payload> = [undefined] extends [Payload]
  ? [payload?: Payload]
  : [payload: Payload];
