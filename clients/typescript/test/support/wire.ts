// The server's half of the wire, for tests: writes what a server says, reads what a client says.
import { Builder, ByteBuffer } from "flatbuffers";
import { ClientBody } from "../../src/generated/downbeat/wire/client-body.js";
import { ClientMessage } from "../../src/generated/downbeat/wire/client-message.js";
import { Event } from "../../src/generated/downbeat/wire/event.js";
import { Field } from "../../src/generated/downbeat/wire/field.js";
import { Input } from "../../src/generated/downbeat/wire/input.js";
import { Patch } from "../../src/generated/downbeat/wire/patch.js";
import { Ping } from "../../src/generated/downbeat/wire/ping.js";
import { Pong } from "../../src/generated/downbeat/wire/pong.js";
import { Raw } from "../../src/generated/downbeat/wire/raw.js";
import { ServerBody } from "../../src/generated/downbeat/wire/server-body.js";
import { ServerMessage } from "../../src/generated/downbeat/wire/server-message.js";
import { Snapshot } from "../../src/generated/downbeat/wire/snapshot.js";
import { Stamp as WireStamp } from "../../src/generated/downbeat/wire/stamp.js";
import { StateSchema } from "../../src/generated/downbeat/wire/state-schema.js";
import { TableSchema } from "../../src/generated/downbeat/wire/table-schema.js";
import { Type } from "../../src/generated/downbeat/wire/type.js";
import { TypeKind } from "../../src/generated/downbeat/wire/type-kind.js";
import { Welcome } from "../../src/generated/downbeat/wire/welcome.js";
import { encodeVariant } from "../../src/wire/payload.js";

/** What a client said. */
export type FromClient =
  | { readonly type: "Input" | "Raw"; readonly seq: number; readonly payload: string }
  | { readonly type: "Ping"; readonly clientTimeUs: bigint }
  | { readonly type: "Leave" };

export function readClientMessage(bytes: Uint8Array): FromClient {
  const message = ClientMessage.getRootAsClientMessage(new ByteBuffer(bytes));
  const text = (payload: Uint8Array | null) => Buffer.from(payload ?? []).toString("hex");
  switch (message.bodyType()) {
    case ClientBody.Input: {
      const input: Input = message.body(new Input());
      return { type: "Input", seq: input.seq(), payload: text(input.payloadArray()) };
    }
    case ClientBody.Raw: {
      const raw: Raw = message.body(new Raw());
      return { type: "Raw", seq: raw.seq(), payload: text(raw.payloadArray()) };
    }
    case ClientBody.Ping: {
      const ping: Ping = message.body(new Ping());
      return { type: "Ping", clientTimeUs: ping.clientTimeUs() };
    }
    case ClientBody.Leave:
      return { type: "Leave" };
    default:
      throw new Error(`body ${message.bodyType()}`);
  }
}

export interface TestStamp {
  readonly serverTimeMs?: number;
  readonly tick?: number;
  readonly ackedInput?: number;
}

/** A table of floats, keyed by session. */
export interface TestTable {
  readonly name: string;
  readonly fields: readonly string[];
}

export function writeWelcome(
  options: TestStamp & {
    readonly token?: string;
    readonly tables?: readonly TestTable[];
    readonly protocol?: number;
  } = {},
): Uint8Array<ArrayBuffer> {
  const tables = options.tables ?? [{ name: "players", fields: ["x", "y"] }];
  return write(ServerBody.Welcome, (builder) => {
    const schema = StateSchema.createStateSchema(
      builder,
      StateSchema.createTablesVector(
        builder,
        tables.map((table) => writeTable(builder, table)),
      ),
    );
    const token = builder.createString(options.token ?? "token-0");
    const roomId = builder.createString("000000000001a");
    const roomName = builder.createString("test");
    Welcome.startWelcome(builder);
    Welcome.addProtocol(builder, options.protocol ?? 1);
    Welcome.addSession(builder, 1n);
    Welcome.addReconnectionToken(builder, token);
    Welcome.addRoomId(builder, roomId);
    Welcome.addRoomName(builder, roomName);
    Welcome.addTickHz(builder, 20);
    Welcome.addPatchEvery(builder, 1);
    Welcome.addStamp(builder, writeStamp(builder, options));
    Welcome.addSchema(builder, schema);
    return Welcome.endWelcome(builder);
  });
}

function writeTable(builder: Builder, { name, fields }: TestTable): number {
  const key = writeType(builder, TypeKind.Session);
  const list = fields.map((field) => writeField(builder, field));
  const vector = TableSchema.createFieldsVector(builder, list);
  const text = builder.createString(name);
  TableSchema.startTableSchema(builder);
  TableSchema.addName(builder, text);
  TableSchema.addKey(builder, key);
  TableSchema.addFields(builder, vector);
  return TableSchema.endTableSchema(builder);
}

function writeField(builder: Builder, name: string): number {
  const text = builder.createString(name);
  const type = writeType(builder, TypeKind.F32);
  Field.startField(builder);
  Field.addName(builder, text);
  Field.addType(builder, type);
  return Field.endField(builder);
}

function writeType(builder: Builder, kind: TypeKind): number {
  Type.startType(builder);
  Type.addKind(builder, kind);
  return Type.endType(builder);
}

export function writeRows(
  kind: "snapshot" | "patch",
  rows: Uint8Array,
  stamp: TestStamp = {},
): Uint8Array<ArrayBuffer> {
  return write(kind === "patch" ? ServerBody.Patch : ServerBody.Snapshot, (builder) => {
    const vector = builder.createByteVector(rows);
    const body = kind === "patch" ? Patch : Snapshot;
    builder.startObject(2);
    body.addStamp(builder, writeStamp(builder, stamp));
    body.addRows(builder, vector);
    return builder.endObject();
  });
}

export function writeEvent(name: string, payload?: unknown): Uint8Array<ArrayBuffer> {
  return write(ServerBody.Event, (builder) =>
    Event.createEvent(builder, 7, builder.createByteVector(encodeVariant(name, payload))),
  );
}

export function writePong(clientTimeUs: bigint, serverTimeMs: number): Uint8Array<ArrayBuffer> {
  const serverTimeUs = BigInt(Math.round(serverTimeMs * 1_000));
  return write(ServerBody.Pong, (builder) => Pong.createPong(builder, clientTimeUs, serverTimeUs));
}

function writeStamp(builder: Builder, stamp: TestStamp): number {
  const { serverTimeMs = 0, tick = 0, ackedInput = 0 } = stamp;
  return WireStamp.createStamp(builder, BigInt(serverTimeMs * 1_000), tick, ackedInput);
}

function write(bodyType: ServerBody, body: (builder: Builder) => number): Uint8Array<ArrayBuffer> {
  const builder = new Builder();
  const offset = body(builder);
  ServerMessage.startServerMessage(builder);
  ServerMessage.addBodyType(builder, bodyType);
  ServerMessage.addBody(builder, offset);
  builder.finish(ServerMessage.endServerMessage(builder));
  return new Uint8Array(builder.asUint8Array());
}

/** Rows as a server packs them. */
export class RowsWriter {
  readonly #chunks: number[] = [];

  /** A chunk of one section. */
  section(
    group: number,
    head: readonly number[],
    slots: readonly number[],
    columns: readonly number[][],
    keys: readonly bigint[] = [],
  ): this {
    const section = [...head, ...varint(slots.length)];
    let next = 0;
    for (const slot of slots) {
      section.push(...varint(slot - next));
      next = slot + 1;
    }
    for (const key of keys) section.push(...new Uint8Array(new BigUint64Array([key]).buffer));
    for (const column of columns) section.push(...new Uint8Array(new Float32Array(column).buffer));
    this.#chunks.push(...varint(group), ...varint(section.length), ...section);
    return this;
  }

  /** Rows of table 0, whose keys are their slots. */
  insert(slots: readonly number[], columns: readonly number[][], group = 0): this {
    return this.section(group, [1], slots, columns, slots.map(BigInt));
  }

  update(mask: number, slots: readonly number[], columns: readonly number[][], group = 0): this {
    return this.section(group, [0, ...varint(mask)], slots, columns);
  }

  remove(slots: readonly number[], group = 0): this {
    return this.section(group, [2], slots, []);
  }

  forget(group: number): this {
    this.#chunks.push(...varint(group), 1, 3);
    return this;
  }

  bytes(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#chunks);
  }
}

export function varint(number: number): number[] {
  const bytes = [];
  let rest = number;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) + 0x80);
  return [...bytes, rest];
}
