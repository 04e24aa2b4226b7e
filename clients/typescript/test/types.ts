// What a typed game may write, and what it may not: checked by `npm run check`, not by running.
import { expectTypeOf } from "vitest";
import type { AnyRoom, Room, Single, Table } from "../src/index.js";
import type { Arena, Chat, Rounds } from "./support/rooms.js";

/** Never called: its lines are there for the compiler. */
export function typed(arena: Room<Arena>, chat: Room<Chat>, rounds: Room<Rounds>, any: Room): void {
  expectTypeOf(arena.send("move", { dx: 1, dy: 2 })).toEqualTypeOf<number>();
  // @ts-expect-error a payload is missing
  arena.send("move");
  // @ts-expect-error a field is missing
  arena.send("move", { dx: 1 });
  // @ts-expect-error no such input
  arena.send("fly");
  chat.send("typing");
  // @ts-expect-error a variant without values
  chat.send("typing", 1);

  const player = arena.state.players.get("x");
  expectTypeOf(player?.hp).toEqualTypeOf<number | undefined>();
  // @ts-expect-error rows are read-only
  if (player) player.hp = 1;
  // @ts-expect-error no such field
  arena.state.players.onField("mana", () => {});
  arena.state.players.onField("hp", (hp) => expectTypeOf(hp).toEqualTypeOf<number>());
  arena.state.players.onChange((_, __, changed) => {
    expectTypeOf(changed).toEqualTypeOf<readonly ("x" | "y" | "hp")[]>();
  });
  for (const [id, line] of chat.state.history) {
    expectTypeOf(id).toEqualTypeOf<bigint>();
    expectTypeOf(line.at_ms).toEqualTypeOf<bigint>();
  }
  rounds.on("over", ([winner, points]) => {
    expectTypeOf(winner).toEqualTypeOf<string>();
    expectTypeOf(points).toEqualTypeOf<number>();
  });
  // @ts-expect-error no such event
  rounds.on("begun", () => {});
  expectTypeOf(rounds.state.round.value?.map).toEqualTypeOf<readonly number[] | null | undefined>();

  expectTypeOf(any).toEqualTypeOf<Room<AnyRoom>>();
  any.send("whatever", { it: "takes" });
  any.send("alone");
  expectTypeOf(any.state.players).toEqualTypeOf<Table | Single | undefined>();
}
