// Written by `downbeat types`: the rooms of a server, for @downbeat/client.
//
// State is as the Rust structs have it. Inputs and events are not known to this file: name them as
// type arguments, such as ArenaRoom<{ move: { dx: number; dy: number } }>.

import type { Single, Table } from "@downbeat/client";

/** Inputs or events that nothing is known of. */
export type Variants = Record<string, unknown>;

/** The room `arena`. */
export interface ArenaRoom<Inputs extends object = Variants, Events extends object = Variants> {
  state: {
    players: Table<string, ArenaPlayers>;
  };
  inputs: Inputs;
  events: Events;
}

/** A row of `players`. */
export interface ArenaPlayers {
  x: number;
  y: number;
  hp: number;
}

/** The room `chat`. */
export interface ChatRoom<Inputs extends object = Variants, Events extends object = Variants> {
  state: {
    members: Table<string, ChatMembers>;
    history: Table<bigint, ChatHistory>;
  };
  inputs: Inputs;
  events: Events;
}

/** A row of `members`. */
export interface ChatMembers {
  name: string;
  online: boolean;
}

/** A row of `history`. */
export interface ChatHistory {
  from: string;
  text: string;
  at_ms: bigint;
}

/** The room `world`. */
export interface WorldRoom<Inputs extends object = Variants, Events extends object = Variants> {
  state: {
    movers: Table<string, WorldMovers>;
    drifters: Table<number, WorldDrifters>;
  };
  inputs: Inputs;
  events: Events;
}

/** A row of `movers`. */
export interface WorldMovers {
  x: number;
  y: number;
}

/** A row of `drifters`. */
export interface WorldDrifters {
  x: number;
  y: number;
}

/** The room `lobby`. */
export interface LobbyRoom<Inputs extends object = Variants, Events extends object = Variants> {
  state: {
    rooms: Table<string, LobbyRooms>;
    status: Single<LobbyStatus>;
  };
  inputs: Inputs;
  events: Events;
}

/** A row of `rooms`. */
export interface LobbyRooms {
  name: string;
  process_id: string;
  clients: number;
  max_clients: number;
  locked: boolean;
  metadata: string;
  public_address: string;
}

/** The row `status`. */
export interface LobbyStatus {
  left_out: number;
}

/** The room `queue`. */
export interface QueueRoom<Inputs extends object = Variants, Events extends object = Variants> {
  state: {
    status: Single<QueueStatus>;
    entrants: Table<string, QueueEntrants>;
  };
  inputs: Inputs;
  events: Events;
}

/** The row `status`. */
export interface QueueStatus {
  waiting: number;
  players: number;
}

/** A row of `entrants`. */
export interface QueueEntrants {
  found: number;
  matched: boolean;
}
