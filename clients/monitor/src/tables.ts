// Written by `downbeat types`: the rooms of a server, for @downbeat/client.
//
// State is as the Rust structs have it. Inputs and events are not known to this file: name them as
// type arguments, such as ArenaRoom<{ move: { dx: number; dy: number } }>.

import type { Single, Table } from "@downbeat/client";

/** Inputs or events that nothing is known of. */
export type Variants = Record<string, unknown>;

/** The room `monitor`. */
export interface MonitorRoom<Inputs extends object = Variants, Events extends object = Variants> {
  state: {
    node: Single<MonitorNode>;
    shards: Table<number, MonitorShards>;
    moments: Table<number, MonitorMoments>;
    rooms: Table<string, MonitorRooms>;
    limits: Table<string, MonitorLimits>;
    captures: Table<string, MonitorCaptures>;
  };
  inputs: Inputs;
  events: Events;
}

/** The row `node`. */
export interface MonitorNode {
  process: string;
  version: string;
  uptime_s: number;
  rooms: number;
  rooms_left_out: number;
  clients: number;
  resident_bytes: number;
  memory_limit_bytes: number;
  open_files: number;
  open_files_max: number;
  slow_tick_ms: number;
  moment: number;
}

/** A row of `shards`. */
export interface MonitorShards {
  busy_permille: number;
  cpu_permille: number;
  rooms: number;
  clients: number;
  connections: number;
  received_messages: number;
  sent_messages: number;
  received_bytes: number;
  sent_bytes: number;
  silence_ms: number;
}

/** A row of `moments`. */
export interface MonitorMoments {
  ticks: number;
  skipped: number;
  lateness: { p50: number; p90: number; p99: number; p999: number; max: number };
  duration: { p50: number; p90: number; p99: number; p999: number; max: number };
  completion: { p50: number; p90: number; p99: number; p999: number; max: number };
}

/** A row of `rooms`. */
export interface MonitorRooms {
  name: string;
  shard: number;
  clients: number;
  clients_max: number;
  locked: boolean;
  private: boolean;
  recorded: boolean;
  created_s: number;
  load: number;
  worst_us: number;
  skipped: number;
}

/** A row of `limits`. */
export interface MonitorLimits {
  times: number;
  value: number;
}

/** A row of `captures`. */
export interface MonitorCaptures {
  unix_ms: number;
  name: string;
  room: string;
  shard: number;
  tick: number;
  took_ms: number;
  parts_ms: { read: number; freeze: number; inputs: number; timers: number; on_tick: number; encode: number; flush: number };
  clients: number;
  rows: number;
  no_graph: string;
}
