// Mirrors: the reader's rules of rows, and what listeners are told.
import { expect, test } from "vitest";
import { Mirror } from "../src/state/mirror.js";
import type { TableMirror } from "../src/state/table.js";
import { decodeServerMessage } from "../src/wire/message.js";
import { golden } from "./support/golden.js";
import { RowsWriter } from "./support/wire.js";

const KEYS = ["0000000000000", "0000000000001", "0000000000002"] as const;

function mirrored() {
  const mirror = new Mirror(
    [{ name: "players", key: { kind: "session" }, fields: ["x", "y"].map(float) }],
    (error) => {
      throw error;
    },
  );
  const players = mirror.state.players as TableMirror;
  const told: string[] = [];
  players.onAdd((row, key) => told.push(`+${key.toString().slice(-1)} ${row.x}`));
  players.onChange((row, key, fields) =>
    told.push(`${key.toString().slice(-1)} ${fields} ${row.x}`),
  );
  players.onRemove((row, key) => told.push(`-${key.toString().slice(-1)} ${row.x}`));
  const hear = (kind: "snapshot" | "patch", rows: RowsWriter) => {
    told.length = 0;
    mirror.apply(kind, rows.bytes());
    return told;
  };
  return { mirror, players, hear };
}

function float(name: string) {
  return { name, type: { kind: "f32" } } as const;
}

test("a row that moves between groups stays, in whichever order it is told", () => {
  for (const removedFirst of [true, false]) {
    const { players, hear } = mirrored();
    hear("snapshot", new RowsWriter().insert([1], [[1], [1]], 5));
    const row = players.get(KEYS[1]);
    const rows = new RowsWriter();
    if (removedFirst) rows.remove([1], 5);
    rows.insert([1], [[2], [1]], 6);
    if (!removedFirst) rows.remove([1], 5);
    expect(hear("patch", rows)).toEqual(["1 x 2"]);
    expect(players.get(KEYS[1])).toBe(row);
  }
});

test("a row that is removed where it no longer is, stays", () => {
  const { players, hear } = mirrored();
  hear("snapshot", new RowsWriter().insert([1], [[1], [1]], 5));
  expect(hear("patch", new RowsWriter().remove([1], 6).remove([7], 5))).toEqual([]);
  expect(players.size).toBe(1);
});

test("a group that is forgotten takes its rows along", () => {
  const { hear } = mirrored();
  hear(
    "snapshot",
    new RowsWriter()
      .insert(
        [0, 1],
        [
          [1, 2],
          [0, 0],
        ],
        5,
      )
      .insert([2], [[3], [0]], 6),
  );
  expect(hear("patch", new RowsWriter().forget(5))).toEqual(["-0 1", "-1 2"]);
});

test("a key that comes back at another place is another row: removed, then added", () => {
  const { players, hear } = mirrored();
  hear("snapshot", new RowsWriter().insert([1], [[1], [1]], 5));
  // Inserted at slot 9 by one chunk, removed at slot 1 by another.
  const rows = new RowsWriter().section(6, [1], [9], [[4], [4]], [1n]).remove([1], 5);
  expect(hear("patch", rows)).toEqual(["-1 1", "+1 4"]);
  expect([...players].map(([key, { x }]) => [key, x])).toEqual([[KEYS[1], 4]]);
  expect(hear("patch", new RowsWriter().remove([9], 6))).toEqual(["-1 4"]);
  expect(players.size).toBe(0);
});

test("a snapshot tells only of what differs", () => {
  const { players, hear } = mirrored();
  hear(
    "snapshot",
    new RowsWriter().insert(
      [0, 1],
      [
        [1, 2],
        [0, 0],
      ],
    ),
  );
  const row = players.get(KEYS[1]);
  const rows = new RowsWriter().insert(
    [1, 2],
    [
      [5, 3],
      [0, 0],
    ],
  );
  expect(hear("snapshot", rows)).toEqual(["1 x 5", "+2 3", "-0 1"]);
  expect(players.get(KEYS[1])).toBe(row);
  expect(hear("snapshot", rows)).toEqual([]);
});

test("a place that went to another row while nobody told is a removal and an addition", () => {
  const { hear } = mirrored();
  hear("snapshot", new RowsWriter().insert([1], [[1], [1]]));
  const rows = new RowsWriter().section(0, [1], [1], [[8], [8]], [2n]);
  expect(hear("snapshot", rows)).toEqual(["-1 1", "+2 8"]);
});

test("listeners see the whole patch, and end when they say so", () => {
  const { players, hear } = mirrored();
  hear(
    "snapshot",
    new RowsWriter().insert(
      [0, 1],
      [
        [1, 2],
        [0, 0],
      ],
    ),
  );
  const seen: unknown[] = [];
  const stop = players.onChange(() => seen.push([...players.values()].map(({ x }) => x)));
  hear("patch", new RowsWriter().update(0b01, [0, 1], [[7, 8]]));
  stop();
  stop();
  hear("patch", new RowsWriter().update(0b01, [0, 1], [[9, 9]]));
  expect(seen).toEqual([
    [7, 8],
    [7, 8],
  ]);
});

test("rows that are there are added to whoever asks, unless it says no", () => {
  const { players, hear } = mirrored();
  hear(
    "snapshot",
    new RowsWriter().insert(
      [0, 1],
      [
        [1, 2],
        [0, 0],
      ],
    ),
  );
  const seen: unknown[] = [];
  players.onAdd((_, key) => seen.push(key));
  players.onAdd((_, key) => seen.push(["new", key]), { existing: false });
  expect(seen).toEqual([KEYS[0], KEYS[1]]);
});

test("a field is told of with what it was, of all rows or of one", () => {
  const { players, hear } = mirrored();
  hear(
    "snapshot",
    new RowsWriter().insert(
      [0, 1],
      [
        [1, 2],
        [0, 0],
      ],
    ),
  );
  const all: unknown[] = [];
  const one: unknown[] = [];
  players.onField("x", (value, former, row, key) => all.push([value, former, row.y, key]));
  players.onField("x", (value) => one.push(value), KEYS[1]);
  hear(
    "patch",
    new RowsWriter().update(
      0b11,
      [0, 1],
      [
        [5, 6],
        [3, 3],
      ],
    ),
  );
  // Said again, but no other value.
  hear("patch", new RowsWriter().update(0b01, [0, 1], [[5, 7]]));
  hear(
    "snapshot",
    new RowsWriter().insert(
      [0, 1],
      [
        [5, 8],
        [3, 3],
      ],
    ),
  );
  expect(all).toEqual([
    [5, 1, 3, KEYS[0]],
    [6, 2, 3, KEYS[1]],
    [7, 6, 3, KEYS[1]],
    [8, 7, 3, KEYS[1]],
  ]);
  expect(one).toEqual([6, 7, 8]);
});

test("a single row has a value, and says what becomes of it", () => {
  const message = decodeServerMessage(golden("server-welcome").bytes);
  if (message.type !== "welcome") throw new Error(message.type);
  const mirror = new Mirror(message.welcome.schema, () => {});
  const { round } = mirror.state;
  if (round?.kind !== "single") throw new Error("no single");
  expect(round.value).toBeUndefined();
  const told: unknown[] = [];
  round.onAdd(({ title }) => told.push(["add", title]));
  round.onChange((_, fields) => told.push(["change", fields]));
  round.onField("number", (value, former) => told.push(["field", value, former]));
  round.onRemove(() => told.push(["remove"]));
  for (const name of ["rows-0-snapshot", "rows-1-update"]) {
    const rows = decodeServerMessage(golden(name).bytes);
    if ("rows" in rows && (rows.type === "patch" || rows.type === "snapshot")) {
      mirror.apply(rows.type, rows.rows);
    }
  }
  mirror.apply("snapshot", new Uint8Array());
  expect(told).toEqual([["add", "first"], ["field", 2, 1], ["change", ["number"]], ["remove"]]);
});

test("masks beyond 32 fields are read", () => {
  const names = Array.from({ length: 64 }, (_, index) => `f${index}`);
  const mirror = new Mirror(
    [
      {
        name: "wide",
        key: { kind: "u8" },
        fields: names.map((name) => ({ name, type: { kind: "u8" } })),
      },
    ],
    () => {},
  );
  const wide = mirror.state.wide as TableMirror;
  mirror.apply("snapshot", new Uint8Array([0, 68, 1, 1, 0, 9, ...names.keys()]));
  // Bits 0, 31, 32 and 63 as a varint of ten bytes.
  const mask = [0x81, 0x80, 0x80, 0x80, 0x98, 0x80, 0x80, 0x80, 0x80, 0x01];
  mirror.apply("patch", new Uint8Array([0, 17, 0, ...mask, 1, 0, 100, 101, 102, 103]));
  const row = wide.get(9) ?? {};
  expect([row.f0, row.f31, row.f32, row.f63]).toEqual([100, 101, 102, 103]);
  expect([row.f1, row.f30, row.f33, row.f62]).toEqual([1, 30, 33, 62]);
});
