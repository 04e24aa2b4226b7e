import type { Single } from "../state/single.js";
import type { Table } from "../state/table.js";
import type { SessionId } from "../wire/id.js";
import type { Stamp } from "../wire/message.js";

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

/** The clocks of a room, as far as pings tell. All in milliseconds; undefined before the first. */
export interface RoomClock {
  /** The round-trip time: the median of the last pings. */
  readonly rttMs: number | undefined;
  /** What the room's clock is ahead of `performance.now()`. */
  readonly offsetMs: number | undefined;
  /** The room's clock now. */
  serverNow(): number | undefined;
}

/** A patch or snapshot that was taken. */
export interface PatchStamp extends Stamp {
  readonly kind: "snapshot" | "patch";
  /** When it came, on the clock of `performance.now()`, milliseconds. */
  readonly receivedMs: number;
  /** The size of the whole message. */
  readonly bytes: number;
}

/** How a room keeps time. */
export interface RoomPace {
  /** Ticks per second. */
  readonly tickHz: number;
  /** A patch goes out every so many ticks. */
  readonly patchEvery: number;
  /** Between two patches, milliseconds. */
  readonly patchMs: number;
}

/** What the matchmaker gave. @internal */
export interface RoomSeat {
  readonly roomId: string;
  readonly sessionId: SessionId;
  /** The URLs of the seat's WebSocket, without a token, the better one first. */
  readonly urls: readonly URL[];
  readonly reconnectionToken: string | undefined;
}
