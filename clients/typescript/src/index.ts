/**
 * The browser and Node client of Downbeat.
 *
 * @packageDocumentation
 */

export { type BackoffOptions, backoffMs } from "./backoff.js";
export { Client } from "./client.js";
export { ClockEstimate } from "./clock.js";
export type { CloseCode, CloseName, CloseReason, LeaveReason } from "./close.js";
export { MatchmakeCode } from "./close.js";
export {
  ConnectionError,
  DownbeatError,
  InputError,
  MatchmakeError,
  ProtocolError,
} from "./errors.js";
export type { RoomListing, SeatReservation } from "./matchmaking.js";
export {
  type Interpolated,
  type InterpolateOptions,
  interpolate,
  type NumberField,
} from "./motion/interpolate.js";
export { Interpolation, type InterpolationOptions } from "./motion/interpolation.js";
export { type Predicted, type PredictOptions, predict } from "./motion/predict.js";
export {
  type Authority,
  type Motion,
  Prediction,
  type PredictionOptions,
} from "./motion/prediction.js";
export { Timeline, type TimelineOptions } from "./motion/timeline.js";
export type { ClientOptions, ConnectionOptions, ReconnectionOptions } from "./options.js";
export type { Room } from "./room/room.js";
export type {
  AnyRoom,
  InputArguments,
  NameOf,
  PatchStamp,
  RoomClock,
  RoomPace,
  RoomType,
} from "./room/types.js";
export type { Unsubscribe } from "./signal.js";
export type { AnyRow, Key } from "./state/rows.js";
export type { Single } from "./state/single.js";
export type { AddOptions, Table } from "./state/table.js";
export type { Value } from "./wire/codec.js";
export { type SessionId, sessionText } from "./wire/id.js";
export type { Stamp } from "./wire/message.js";
