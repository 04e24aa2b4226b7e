// Frames that no honest server sends: a typed error and a clean reconnect, whatever the bytes.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type DownbeatError, ProtocolError } from "../src/errors.js";
import { Mirror } from "../src/state/mirror.js";
import { decodeServerMessage } from "../src/wire/message.js";
import { decodeVariant } from "../src/wire/payload.js";
import { golden, goldens } from "./support/golden.js";
import { RowsWriter, varint, writeEvent, writeRows, writeWelcome } from "./support/wire.js";
import { ONE_PLAYER, World } from "./support/world.js";

const RUNS = 3_000;
const MESSAGES = [...goldens("server-"), ...goldens("rows-")].map(({ bytes }) => bytes);

/** Bytes of the server in which something was changed, cut off, left out or put in. */
const mutated = fc
  .record({
    bytes: fc.constantFrom(...MESSAGES),
    edits: fc.array(
      fc.record({
        how: fc.constantFrom("set", "flip", "cut", "drop", "insert", "blow"),
        at: fc.nat(),
        value: fc.integer({ min: 0, max: 255 }),
      }),
      { minLength: 1, maxLength: 6 },
    ),
  })
  .map(({ bytes, edits }) => edits.reduce(edit, bytes));

function edit(
  bytes: Uint8Array<ArrayBuffer>,
  { how, at, value }: { how: string; at: number; value: number },
): Uint8Array<ArrayBuffer> {
  if (bytes.length === 0) return bytes;
  const place = at % bytes.length;
  const changed = new Uint8Array(bytes);
  switch (how) {
    case "set":
      changed[place] = value;
      return changed;
    case "flip":
      changed[place] = (bytes[place] ?? 0) ^ (1 << (value % 8));
      return changed;
    case "blow":
      // A length or an offset becomes enormous.
      changed.fill(0xff, place, place + 4);
      return changed;
    case "cut":
      return bytes.slice(0, place);
    case "drop":
      return new Uint8Array([...bytes.slice(0, place), ...bytes.slice(place + 1)]);
    default:
      return new Uint8Array([...bytes.slice(0, place), value, ...bytes.slice(place)]);
  }
}

describe("any bytes", () => {
  test("are a message or a ProtocolError", () => {
    let refused = 0;
    fc.assert(
      fc.property(fc.oneof(mutated, fc.uint8Array({ maxLength: 200 })), (bytes) => {
        try {
          const message = decodeServerMessage(bytes);
          if (message.type === "event") decodeVariant(message.payload);
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
          refused += 1;
        }
      }),
      { numRuns: RUNS },
    );
    expect(refused).toBeGreaterThan(RUNS / 10);
  });

  test("never reach beyond their end", () => {
    // What lies behind a message in the same buffer is another message's.
    for (const bytes of MESSAGES) {
      const buffer = new Uint8Array(bytes.length * 2).fill(0x41);
      buffer.set(bytes);
      for (let length = 0; length < bytes.length; length++) {
        const cut = buffer.subarray(0, length);
        expect(outcome(() => decodeServerMessage(cut))).toBe(
          outcome(() => decodeServerMessage(new Uint8Array(cut))),
        );
      }
    }
  });
});

function outcome(decode: () => unknown): string {
  try {
    return JSON.stringify(decode(), (_, value) =>
      typeof value === "bigint" ? `${value}n` : value,
    );
  } catch (error) {
    expect(error).toBeInstanceOf(ProtocolError);
    return String(error);
  }
}

describe("malformed rows", () => {
  test("change nothing", () => {
    const rows = goldens("rows-").map(({ bytes }) => {
      const message = decodeServerMessage(bytes);
      return "rows" in message ? new Uint8Array(message.rows) : new Uint8Array();
    });
    const edits = fc.array(
      fc.record({
        how: fc.constantFrom("set", "flip", "cut", "drop", "insert"),
        at: fc.nat(),
        value: fc.nat({ max: 255 }),
      }),
      { minLength: 1, maxLength: 3 },
    );
    let refused = 0;
    const property = fc.property(
      fc.constantFrom(...rows),
      fc.constantFrom("snapshot" as const, "patch" as const),
      edits,
      (original, kind, changes) => {
        const mirror = goldenMirror();
        const before = shown(mirror);
        try {
          mirror.apply(kind, changes.reduce(edit, original));
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
          expect(shown(mirror)).toBe(before);
          refused += 1;
        }
      },
    );
    fc.assert(property, { numRuns: RUNS });
    expect(refused).toBeGreaterThan(RUNS / 10);
  });

  test.each([
    ["a table that is not there", [0, 2, 4 * 9 + 2, 0]],
    ["a field that is not there", [0, 3, 0, 0b100, 0]],
    ["a row that is not there", [0, 5, 0, 0b01, 1, 200, 1]],
    ["more slots than bytes", [0, 3, 2, 255, 1]],
    ["a chunk beyond the end", [0, 100, 2, 1, 1]],
    ["a section beyond its chunk", [0, 3, 1, 1, 5, 0, 0, 0]],
    ["a slot beyond 32 bits", [0, 8, 2, 1, ...varint(2 ** 33)]],
    ["a number without an end", [0, 12, 2, 1, ...Array(10).fill(0xff)]],
    ["a number beyond 64 bits", [...Array(9).fill(0xff), 0x7f]],
  ])("with %s are refused", async (_, bytes) => {
    const world = new World();
    const room = await world.join();
    const errors: DownbeatError[] = [];
    room.onError((error) => errors.push(error));
    world.socket.say(writeRows("patch", new Uint8Array(bytes)));
    expect(errors).toHaveLength(1);
    expect(errors[0]).toBeInstanceOf(ProtocolError);
  });
});

function goldenMirror(): Mirror {
  const welcome = decodeServerMessage(golden("server-welcome").bytes);
  const snapshot = decodeServerMessage(golden("rows-0-snapshot").bytes);
  if (welcome.type !== "welcome" || !("rows" in snapshot)) throw new Error("not golden");
  const mirror = new Mirror(welcome.welcome.schema, (error) => {
    throw error;
  });
  mirror.apply("snapshot", snapshot.rows);
  return mirror;
}

function shown(mirror: Mirror): string {
  const tables = Object.entries(mirror.state).map(([name, table]) => {
    return [name, table.kind === "single" ? table.value : [...table]];
  });
  return JSON.stringify(tables, (_, value) => (typeof value === "bigint" ? `${value}n` : value));
}

describe("a room that hears nonsense", () => {
  test("says so, comes back to its seat, and shows the state of then", async () => {
    await fc.assert(
      fc.asyncProperty(mutated, fc.boolean(), async (bytes, isText) => {
        const world = new World();
        const room = await world.join();
        const told: string[] = [];
        room.onError((error) => told.push(error.name));
        room.onDrop(({ name }) => told.push(name));
        room.onReconnect(() => told.push("reconnect"));
        room.onLeave(() => told.push("leave"));
        if (isText) world.socket.sayText("hello");
        else world.socket.say(bytes);
        if (room.isConnected) {
          expect(told).toEqual([]);
          return;
        }
        expect(told).toEqual(["ProtocolError", "malformedMessage"]);
        const former = world.socket;
        world.pass(0);
        expect(world.socket).not.toBe(former);
        expect(world.socket.parameters.get("reconnectionToken")).toBe("token-1");
        world.welcome();
        expect(former.closedWith).toBe(4005);
        expect(told.slice(2)).toEqual(["reconnect"]);
        expect([...(room.state.players as Iterable<unknown>)]).toHaveLength(1);
        expect(world.reported).toEqual([]);
        room.leave();
        expect(world.timers).toBe(0);
      }),
      { numRuns: 500 },
    );
  });

  test("again and again does so ever more slowly, and gives up", async () => {
    const world = new World();
    const room = await world.join();
    let left = 0;
    room.onLeave(({ kind }) => {
      left += kind === "gaveUp" ? 1 : 0;
    });
    for (let ms = 0; ms < 120_000 && left === 0; ms += 100) {
      const before = world.sockets.length;
      world.pass(100);
      if (world.sockets.length === before && ms > 0) continue;
      if (ms > 0) world.welcome();
      world.socket.say(new Uint8Array(8));
    }
    expect(left).toBe(1);
    expect(world.sockets.length).toBeLessThan(25);
  });

  test.each([
    ["a patch before a snapshot", [writeWelcome(), writeRows("patch", new Uint8Array())]],
    ["rows before a welcome", [writeRows("snapshot", ONE_PLAYER)]],
    ["an event before a welcome", [writeEvent("early")]],
    ["two welcomes", [writeWelcome(), writeWelcome()]],
    ["other tables than before", [writeWelcome({ tables: [{ name: "others", fields: [] }] })]],
  ])("refuses %s", async (_, messages) => {
    const world = new World();
    const room = await world.join();
    world.socket.end(1006);
    world.pass(0);
    world.socket.open();
    const errors: DownbeatError[] = [];
    room.onError((error) => errors.push(error));
    for (const message of messages) world.socket.say(message);
    expect(errors).toHaveLength(1);
  });

  test("refuses a reflection that would take for ever to read", () => {
    // The Welcome's own bytes, with each length in turn blown up.
    const { bytes } = golden("server-welcome");
    for (let at = 0; at + 4 <= bytes.length; at++) {
      for (const length of [
        [0xff, 0xff, 0xff, 0x7f],
        [0xff, 0xff, 0, 0],
      ]) {
        const changed = new Uint8Array(bytes);
        changed.set(length, at);
        outcome(() => {
          const message = decodeServerMessage(changed);
          if (message.type === "welcome") new Mirror(message.welcome.schema, () => {});
        });
      }
    }
  });
});

test("rows that are well formed are taken", async () => {
  const world = new World();
  const room = await world.join();
  world.socket.say(writeRows("patch", new RowsWriter().insert([2], [[1], [2]]).bytes()));
  expect([...(room.state.players as Iterable<unknown>)]).toHaveLength(2);
});
