import { ByteBuffer } from "flatbuffers";
import { ProtocolError } from "../errors.js";
import { Event } from "../generated/downbeat/wire/event.js";
import { Patch } from "../generated/downbeat/wire/patch.js";
import { Pong } from "../generated/downbeat/wire/pong.js";
import { RawEvent } from "../generated/downbeat/wire/raw-event.js";
import { ServerBody } from "../generated/downbeat/wire/server-body.js";
import { ServerMessage as WireMessage } from "../generated/downbeat/wire/server-message.js";
import { Snapshot } from "../generated/downbeat/wire/snapshot.js";
import type { Stamp as WireStamp } from "../generated/downbeat/wire/stamp.js";
import { Welcome as WireWelcome } from "../generated/downbeat/wire/welcome.js";
import { type SessionId, sessionText } from "./id.js";
import { readSchema } from "./reflect.js";
import type { Schema } from "./schema.js";
import { verifyServerMessage } from "./verify.js";

/** When a message was made, and what of the client's own input is in it. */
export interface Stamp {
  /**
   * The room's clock, milliseconds: never steps back; its zero means nothing. In patches it is when
   * the tick was due, so that what moves steadily per tick moves steadily on it.
   */
  readonly serverTimeMs: number;
  /** The low 32 bits of the room's tick number. */
  readonly tick: number;
  /** The highest number of this client's inputs that the state contains. */
  readonly ackedInput: number;
}

/** What a client learns when it takes its seat. */
export interface Welcome {
  readonly protocol: number;
  readonly session: SessionId;
  readonly reconnectionToken: string;
  readonly roomId: string;
  readonly roomName: string;
  /** Ticks per second. */
  readonly tickHz: number;
  /** A patch goes out every so many ticks. */
  readonly patchEvery: number;
  readonly stamp: Stamp;
  readonly schema: Schema;
}

/** One message of the server. Its bytes are views of those that it was read from. */
export type ServerMessage =
  | { readonly type: "welcome"; readonly welcome: Welcome }
  | { readonly type: "snapshot" | "patch"; readonly stamp: Stamp; readonly rows: Uint8Array }
  | { readonly type: "event" | "rawEvent"; readonly tick: number; readonly payload: Uint8Array }
  | { readonly type: "pong"; readonly clientTimeMs: number; readonly serverTimeMs: number };

/** The version of the wire that this library reads. */
export const PROTOCOL = 1;
export const SUBPROTOCOL = "downbeat.v1";

/**
 * Reads one message.
 *
 * @throws ProtocolError if the bytes are none.
 */
export function decodeServerMessage(bytes: Uint8Array): ServerMessage {
  verifyServerMessage(bytes);
  const message = WireMessage.getRootAsServerMessage(new ByteBuffer(bytes));
  const bodyType = message.bodyType();
  switch (bodyType) {
    case ServerBody.Patch:
      return readRows("patch", message.body(new Patch()) as Patch);
    case ServerBody.Snapshot:
      return readRows("snapshot", message.body(new Snapshot()) as Snapshot);
    case ServerBody.Event:
      return readEvent("event", message.body(new Event()) as Event);
    case ServerBody.RawEvent:
      return readEvent("rawEvent", message.body(new RawEvent()) as RawEvent);
    case ServerBody.Pong:
      return readPong(message.body(new Pong()) as Pong);
    case ServerBody.Welcome:
      return {
        type: "welcome",
        welcome: readWelcome(message.body(new WireWelcome()) as WireWelcome),
      };
    default:
      throw new ProtocolError(`a ServerMessage with an unknown body, number ${bodyType}`);
  }
}

function readRows(type: "snapshot" | "patch", body: Snapshot | Patch): ServerMessage {
  const rows = body.rowsArray();
  if (!rows) throw new ProtocolError(`a ${type} without rows`);
  return { type, stamp: readStamp(body.stamp()), rows };
}

function readEvent(type: "event" | "rawEvent", body: Event | RawEvent): ServerMessage {
  const payload = body.payloadArray();
  if (!payload) throw new ProtocolError(`an ${type} without a payload`);
  return { type, tick: body.tick(), payload };
}

function readPong(body: Pong): ServerMessage {
  return {
    type: "pong",
    clientTimeMs: milliseconds(body.clientTimeUs()),
    serverTimeMs: milliseconds(body.serverTimeUs()),
  };
}

function readWelcome(body: WireWelcome): Welcome {
  const schema = body.schema();
  if (!schema) throw new ProtocolError("a Welcome without a schema");
  return {
    protocol: body.protocol(),
    session: sessionText(body.session()),
    reconnectionToken: body.reconnectionToken() ?? "",
    roomId: body.roomId() ?? "",
    roomName: body.roomName() ?? "",
    tickHz: body.tickHz(),
    patchEvery: body.patchEvery(),
    stamp: readStamp(body.stamp()),
    schema: readSchema(schema),
  };
}

function readStamp(stamp: WireStamp | null): Stamp {
  if (!stamp) throw new ProtocolError("a message without a stamp");
  return {
    serverTimeMs: milliseconds(stamp.serverTimeUs()),
    tick: stamp.tick(),
    ackedInput: stamp.ackedInput(),
  };
}

/** Exact up to 285 years. */
function milliseconds(microseconds: bigint): number {
  return Number(microseconds) / 1_000;
}
