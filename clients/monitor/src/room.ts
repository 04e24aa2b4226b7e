import type { Room } from "@downbeat/client";
import type { MonitorRoom as Tables } from "./tables.ts";

/** The room that this page joins. */
export type MonitorRoom = Tables<Inputs, Events>;
export type Monitor = Room<MonitorRoom>;
export type State = MonitorRoom["state"];

/** What operators say: `MonitorInput` of the server. */
export type Inputs = {
  look: { room: string | null };
  act: { number: number; room: string; deed: Deed };
};

export type Deed =
  | "lock"
  | "unlock"
  | "close"
  | "record"
  | "stopRecording"
  | { kick: { session: string } };

/** What they hear beside the tables: `MonitorEvent`. */
export type Events = {
  room: Detail;
  gone: { room: string };
  done: { number: number; refusal: string | null };
};

/** One room, closely. */
export interface Detail {
  readonly room: string;
  readonly tick: number;
  readonly tickHz: number;
  readonly clientsMax: number;
  readonly locked: boolean;
  readonly recorded: boolean;
  readonly metadata: unknown;
  readonly clients: readonly ClientDetail[];
  readonly clientsLeftOut: number;
  readonly tables: readonly TableDetail[];
  readonly ticks: TicksDetail;
}

export interface ClientDetail {
  readonly session: string;
  readonly phase: "reserved" | "joining" | "playing" | "held" | "leaving";
  readonly address: string | null;
  readonly queuedBytes: number;
}

export interface TableDetail {
  readonly name: string;
  readonly rows: number;
  /** Key, null in a single row, and fields. */
  readonly shown: readonly (readonly [key: unknown, fields: Readonly<Record<string, unknown>>])[];
}

export interface TicksDetail {
  readonly watchedMs: number;
  readonly count: number;
  readonly duration: TimesDetail;
  readonly completion: TimesDetail;
}

/** Microseconds. */
export interface TimesDetail {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  /** Eight to a decade, from 1 µs on. */
  readonly buckets: readonly number[];
}
