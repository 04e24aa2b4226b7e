// Written by `downbeat types`: the rooms of a server, for @downbeat/client.
//
// State is as the Rust structs have it. Inputs and events are not known to this file: name them as
// type arguments, such as ArenaRoom<{ move: { dx: number; dy: number } }>.

import type { Single, Table } from "@downbeat/client";

/** Inputs or events that nothing is known of. */
export type Variants = Record<string, unknown>;

/** The room `big-game`. */
export interface BigGameRoom<Inputs extends object = Variants, Events extends object = Variants> {
  state: {
    things: Table<number, BigGameThings>;
    round: Single<BigGameRound>;
  };
  inputs: Inputs;
  events: Events;
}

/** A row of `things`. */
export interface BigGameThings {
  flag: boolean;
  small: number;
  large: bigint;
  signed: bigint;
  float: number;
  part: number;
  text: string;
  who: string;
  maybe: number | null;
  cells: ReadonlyArray<number | null>;
  grid: ReadonlyArray<ReadonlyArray<number>>;
}

/** The row `round`. */
export interface BigGameRound {
  number: number;
}
