// The wire, byte by byte, against the files that every client is tested with.
import { describe, expect, test } from "vitest";
import { Mirror } from "../src/state/mirror.js";
import type { Key } from "../src/state/rows.js";
import type { Value } from "../src/wire/codec.js";
import { encodeInput, encodeLeave, encodePing, encodeRaw } from "../src/wire/encode.js";
import { decodeServerMessage, type ServerMessage, type Stamp } from "../src/wire/message.js";
import { decodeVariant } from "../src/wire/payload.js";
import { type Golden, type GoldenJson, golden, goldens, hex } from "./support/golden.js";
import { readClientMessage } from "./support/wire.js";

describe("messages of the client", () => {
  const encoded: { readonly [name: string]: (json: GoldenJson) => Uint8Array } = {
    "client-input": ({ seq, payload }) => encodeInput(seq ?? 0, Buffer.from(payload ?? "", "hex")),
    "client-raw": ({ seq, payload }) => encodeRaw(seq ?? 0, Buffer.from(payload ?? "", "hex")),
    "client-ping": ({ client_time_us }) => encodePing((client_time_us ?? 0) / 1_000),
    "client-leave": () => encodeLeave(),
  };

  test("are all known", () => {
    expect(goldens("client-").map(({ name }) => name)).toEqual(Object.keys(encoded).sort());
  });

  test.each(goldens("client-"))("$name", ({ name, bytes, json }) => {
    // FlatBuffers leaves the layout to the writer: what counts is what is read.
    const own = encoded[name]?.(json) ?? new Uint8Array();
    expect(readClientMessage(own)).toEqual(readClientMessage(bytes));
    expect(readClientMessage(bytes).type).toBe(json.type);
  });
});

describe("messages of the server", () => {
  test.each(goldens("server-"))("$name", ({ bytes, json }) => {
    expect(described(decodeServerMessage(bytes))).toMatchObject(expected(json));
  });
});

describe("rows", () => {
  test("give the tables that they should, in their order", () => {
    const { mirror, told } = listening();
    for (const { bytes, json } of goldens("rows-")) {
      const message = decodeServerMessage(bytes);
      if (message.type !== "snapshot" && message.type !== "patch") throw new Error(message.type);
      expect(message.type).toBe(json.type.toLowerCase());
      expect(wireStamp(message.stamp)).toEqual(json.stamp);
      mirror.apply(message.type, message.rows);
      expect(tables(mirror)).toEqual(expectedTables(json));
      expect(told).toEqual(copies(mirror));
    }
  });
});

/** A mirror, and what its listeners alone would know of it. */
function listening() {
  const welcome = decodeServerMessage(golden("server-welcome").bytes);
  if (welcome.type !== "welcome") throw new Error(welcome.type);
  const mirror = new Mirror(welcome.welcome.schema, (error) => {
    throw error;
  });
  const told: { [table: string]: Map<Key | null, unknown> } = {};
  for (const [name, table] of Object.entries(mirror.state)) {
    const rows = new Map<Key | null, unknown>();
    told[name] = rows;
    if (table.kind === "single") {
      table.onAdd((row) => rows.set(null, structuredClone(row)));
      table.onChange((row) => rows.set(null, structuredClone(row)));
    } else {
      table.onAdd((row, key) => {
        expect(rows.has(key)).toBe(false);
        rows.set(key, structuredClone(row));
      });
      table.onChange((row, key, changed) => {
        const former = rows.get(key) as { readonly [field: string]: Value };
        const differ = Object.keys(row).filter((field) => !Object.is(row[field], former[field]));
        expect(changed).toEqual(
          expect.arrayContaining(differ.filter((field) => typeof row[field] !== "object")),
        );
        rows.set(key, structuredClone(row));
      });
      table.onRemove((_, key) => expect(rows.delete(key)).toBe(true));
    }
  }
  return { mirror, told };
}

function copies(mirror: Mirror) {
  const copy = ([name, table]: [string, Mirror["state"][string]]) => {
    const rows = table.kind === "single" ? [[null, table.value] as const] : [...table];
    return [name, new Map<Key | null, unknown>(rows)];
  };
  return Object.fromEntries(Object.entries(mirror.state).map(copy));
}

function tables(mirror: Mirror) {
  const rows = Object.entries(mirror.state).map(([name, table]) => {
    const entries = table.kind === "single" ? [[null, table.value] as const] : [...table];
    return [name, Object.fromEntries(entries.map(([key, row]) => [String(key), plain(row)]))];
  });
  return Object.fromEntries(rows);
}

function expectedTables({ tables_after = {} }: GoldenJson) {
  const rows = Object.entries(tables_after).map(([name, table]) => {
    return [name, Object.fromEntries(table.map(({ key, fields }) => [String(key), fields]))];
  });
  return Object.fromEntries(rows);
}

/** As the descriptions write it: whole numbers beyond 2^53 are texts. */
function plain(value: unknown): unknown {
  if (typeof value === "bigint") {
    return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString();
  }
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, plain(part)]));
}

function described(message: ServerMessage): Partial<GoldenJson> {
  switch (message.type) {
    case "event": {
      const { name, payload } = decodeVariant(message.payload);
      const [tick, bytes] = [message.tick, hex(message.payload)];
      return { type: "Event", tick, payload: bytes, event: { [name]: payload } };
    }
    case "rawEvent":
      return { type: "RawEvent", tick: message.tick, payload: hex(message.payload) };
    case "pong":
      return {
        type: "Pong",
        client_time_us: message.clientTimeMs * 1_000,
        server_time_us: message.serverTimeMs * 1_000,
      };
    case "welcome": {
      const { welcome } = message;
      return {
        type: "Welcome",
        patch_every: welcome.patchEvery,
        protocol: welcome.protocol,
        reconnection_token: welcome.reconnectionToken,
        room_id: welcome.roomId,
        room_name: welcome.roomName,
        session: welcome.session,
        stamp: wireStamp(welcome.stamp),
        tables: welcome.schema.map(({ name, key, fields }) => ({
          name,
          keyed: key !== null,
          fields: fields.map((field) => field.name),
        })),
        tick_hz: welcome.tickHz,
      };
    }
    default:
      throw new Error(`unexpected here: ${message.type}`);
  }
}

function expected(json: GoldenJson): Golden["json"] {
  return json;
}

function wireStamp({ serverTimeMs, tick, ackedInput }: Stamp) {
  return { server_time_us: serverTimeMs * 1_000, tick, acked_input: ackedInput };
}
