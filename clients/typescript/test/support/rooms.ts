// The server's sample rooms, as a game would write them down.
import type { SeatReservation, SessionId, Single, Table } from "../../src/index.js";

export type Arena = {
  state: { players: Table<SessionId, { x: number; y: number; hp: number }> };
  inputs: { move: { dx: number; dy: number } };
  events: Record<never, never>;
};

export type World = {
  state: { movers: Table<SessionId, { x: number; y: number }> };
  inputs: { move: { dx: number; dy: number } };
  events: Record<never, never>;
};

export type Chat = {
  state: {
    members: Table<SessionId, { name: string; online: boolean }>;
    history: Table<bigint, { from: string; text: string; at_ms: bigint }>;
  };
  inputs: { say: { text: string }; typing: undefined };
  events: { typing: { session: bigint } };
};

export type Queue = {
  state: {
    status: Single<{ waiting: number; players: number }>;
    entrants: Table<SessionId, { found: number; matched: boolean }>;
  };
  inputs: Record<never, never>;
  events: {
    seat: SeatReservation;
    refused: { reason: string };
    gaveUp: undefined;
    full: undefined;
  };
};

export type Lobby = {
  state: {
    rooms: Table<string, { name: string; clients: number; max_clients: number; locked: boolean }>;
    status: Single<{ left_out: number }>;
  };
  inputs: Record<never, never>;
  events: Record<never, never>;
};

/** None of the server's own: for the types alone. */
export type Rounds = {
  state: { round: Single<{ number: number; title: string; map: readonly number[] | null }> };
  inputs: { vote: number; ready: undefined };
  events: { over: [winner: string, points: number]; pause: undefined };
};
