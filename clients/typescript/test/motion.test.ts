// Interpolation and prediction at a room: what they hear of it, and that they let go.
import { expect, test } from "vitest";
import { interpolate } from "../src/motion/interpolate.js";
import { predict } from "../src/motion/predict.js";
import type { Room } from "../src/room/room.js";
import type { Table } from "../src/state/table.js";
import { RowsWriter, writeRows } from "./support/wire.js";
import { PLAYER, World } from "./support/world.js";

type Square = {
  state: { players: Table<string, { x: number; y: number }> };
  inputs: { move: { dx: number }; wave: undefined };
  events: Record<never, never>;
};

async function square() {
  const world = new World();
  const room = (await world.join({ silenceMs: 600_000 })) as unknown as Room<Square>;
  const say = (serverTimeMs: number, x: number, ackedInput = 0) => {
    const rows = new RowsWriter().update(0b01, [1], [[x]]).bytes();
    world.socket.say(writeRows("patch", rows, { serverTimeMs, ackedInput }));
  };
  return { world, room, say };
}

test("a table is shown between its patches", async () => {
  const { world, room, say } = await square();
  const smooth = interpolate(room, room.state.players, { fields: ["x", "y"] });
  expect(smooth.at("nobody")).toBeUndefined();
  for (let patch = 1; patch <= 200; patch++) {
    world.time += 50;
    say(patch * 50, patch * 10);
  }
  // The newest patch says 2,000; what is shown is one patch and a margin older.
  expect(smooth.delayMs).toBe(52);
  expect(smooth.at(PLAYER)?.x).toBeCloseTo(2_000 - (52 / 50) * 10, 6);
  world.time += 20;
  expect(smooth.at(PLAYER)?.x).toBeCloseTo(2_000 - (32 / 50) * 10, 6);
  world.socket.say(writeRows("patch", new RowsWriter().remove([1]).bytes()));
  expect(smooth.at(PLAYER)).toBeUndefined();
  smooth.stop();
  world.socket.say(writeRows("patch", new RowsWriter().insert([1], [[1], [1]]).bytes()));
  expect(smooth.at(PLAYER)).toBeUndefined();
});

test("what is shown stays while there is no connection, and then goes to the present", async () => {
  const { world, room, say } = await square();
  const smooth = interpolate(room, room.state.players, { fields: ["x"] });
  for (let patch = 1; patch <= 20; patch++) {
    world.time += 50;
    say(patch * 50, patch * 10);
  }
  world.socket.end(1006);
  world.time += 5_000;
  expect(smooth.at(PLAYER)).toEqual({ x: 200 });
  world.pass(0);
  world.welcome();
  expect(smooth.at(PLAYER)).toBeDefined();
  for (let patch = 200; patch <= 220; patch++) {
    world.time += 50;
    say(patch * 50, 1_000);
  }
  expect(smooth.at(PLAYER)).toEqual({ x: 1_000 });
  expect(smooth.delayMs).toBe(52);
});

test("the own row moves with its input, and ends where the server says", async () => {
  const { world, room, say } = await square();
  const own = predict(room, room.state.players, {
    key: PLAYER,
    fields: ["x"],
    input: "move",
    step: ({ x }, move, seconds) => ({ x: x + (move?.dx ?? 0) * seconds }),
  });
  expect(own.at()).toEqual({ x: 0 });
  const number = room.send("move", { dx: 100 });
  room.send("wave");
  world.time += 30;
  expect(own.at()?.x).toBeCloseTo(3, 6);
  world.time += 20;
  say(50, 5, number);
  expect(own.at()?.x).toBeCloseTo(5, 6);
  const stop = room.send("move", { dx: 0 });
  for (let patch = 2; patch < 100; patch++) {
    world.time += 50;
    say(patch * 50, 7, stop);
  }
  expect(own.at()?.x).toBeCloseTo(7, 6);
  world.socket.say(writeRows("patch", new RowsWriter().remove([1]).bytes()));
  expect(own.at()).toBeUndefined();
  own.stop();
});
