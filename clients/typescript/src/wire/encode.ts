import { Builder } from "flatbuffers";
import { ClientBody } from "../generated/downbeat/wire/client-body.js";
import { ClientMessage } from "../generated/downbeat/wire/client-message.js";
import { Input } from "../generated/downbeat/wire/input.js";
import { Leave } from "../generated/downbeat/wire/leave.js";
import { Ping } from "../generated/downbeat/wire/ping.js";
import { Raw } from "../generated/downbeat/wire/raw.js";

/** One input of the room's closed enum; `payload` is MessagePack. */
export function encodeInput(seq: number, payload: Uint8Array): Uint8Array<ArrayBuffer> {
  return message(ClientBody.Input, (builder) =>
    Input.createInput(builder, seq, builder.createByteVector(payload)),
  );
}

/** Bytes of the game's own format. */
export function encodeRaw(seq: number, payload: Uint8Array): Uint8Array<ArrayBuffer> {
  return message(ClientBody.Raw, (builder) =>
    Raw.createRaw(builder, seq, builder.createByteVector(payload)),
  );
}

/** Asks for a pong that echoes the time. */
export function encodePing(clientTimeMs: number): Uint8Array<ArrayBuffer> {
  const clientTimeUs = BigInt(Math.round(clientTimeMs * 1_000));
  return message(ClientBody.Ping, (builder) => Ping.createPing(builder, clientTimeUs));
}

/** Leaves for good. */
export function encodeLeave(): Uint8Array<ArrayBuffer> {
  return message(ClientBody.Leave, (builder) => Leave.createLeave(builder));
}

/** Keeps its memory from message to message. */
const shared = new Builder(256);

function message(
  bodyType: ClientBody,
  body: (builder: Builder) => number,
): Uint8Array<ArrayBuffer> {
  shared.clear();
  const offset = body(shared);
  shared.finish(ClientMessage.createClientMessage(shared, bodyType, offset));
  return new Uint8Array(shared.asUint8Array());
}
