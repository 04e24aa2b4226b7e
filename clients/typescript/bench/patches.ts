// A room of arena's size that hears patches: 50 players, all of whom move in each.

import { Client } from "../src/client.js";
import { RowsWriter, writeRows, writeWelcome } from "../test/support/wire.js";
import { turns, World } from "../test/support/world.js";

const PLAYERS = 50;
/** Different ones, so that no value is the same twice in a row. */
const PATCHES = 128;

/** What a run found. */
export interface Run {
  readonly patches: number;
  readonly changes: number;
  readonly bytes: number;
  readonly milliseconds: number;
}

/** Joins, and gives a function that hears patches. */
export async function joined(): Promise<(patches: number) => Run> {
  const world = new World();
  const joining = new Client("http://localhost", { host: world }).joinOrCreate("arena");
  await turns();
  world.socket.open();
  const tables = [{ name: "players", fields: ["x", "y", "hp"] }];
  world.socket.say(writeWelcome({ tables }));
  world.socket.say(writeRows("snapshot", new RowsWriter().insert(SLOTS, columns(3, 0)).bytes()));
  const room = await joining;
  const players = room.state.players;
  const heard = { patches: 0, changes: 0 };
  players?.onChange(() => heard.changes++);
  room.onPatch(() => heard.patches++);
  const patches = Array.from({ length: PATCHES }, (_, number) => patch(number));
  return (count) => {
    const before = { ...heard };
    let bytes = 0;
    const start = performance.now();
    for (let index = 0; index < count; index++) {
      const message = patches[index % PATCHES] ?? new Uint8Array();
      bytes += message.byteLength;
      // Copied, as a socket hands out each message in memory of its own.
      world.socket.say(message);
    }
    const milliseconds = performance.now() - start;
    const [told, changed] = [heard.patches - before.patches, heard.changes - before.changes];
    return { patches: told, changes: changed, bytes, milliseconds };
  };
}

const SLOTS = Array.from({ length: PLAYERS }, (_, slot) => slot);

function patch(number: number): Uint8Array<ArrayBuffer> {
  const rows = new RowsWriter().update(0b011, SLOTS, columns(2, number)).bytes();
  return writeRows("patch", rows, { serverTimeMs: number * 50, tick: number });
}

function columns(count: number, salt: number): number[][] {
  return Array.from({ length: count }, (_, column) =>
    SLOTS.map((slot) => 500 + 500 * Math.sin(slot + column + salt)),
  );
}
