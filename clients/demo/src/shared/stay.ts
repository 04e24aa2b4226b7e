import {
  type CloseReason,
  ConnectionError,
  type LeaveReason,
  MatchmakeError,
  type Room,
  type RoomType,
} from "@downbeat/client";
import { Status } from "./status.ts";

/** Between two tries to get into a room, milliseconds. */
const RETRY_MS = 1_000;
/** After the server closed the room: not in the same instant as everybody else. */
const RETURN_MS = 600;

/** Who stays in a room, and what for. */
export interface Stayer<T extends RoomType> {
  join(): Promise<Room<T>>;
  /** A room was entered: what was known of another one is of no more use. */
  entered(room: Room<T>): void;
}

/**
 * Keeps a page in a room. The client comes back to its seat by itself; where that seat is gone, as
 * after a restart of the server, this joins anew. The page's status says what happens meanwhile.
 */
export class Stay<T extends RoomType> {
  readonly #stayer: Stayer<T>;
  readonly #status = new Status();
  #room: Room<T> | undefined;
  /** Rises when another room is wanted: what is under way for the former one ends. */
  #turn = 0;

  constructor(stayer: Stayer<T>) {
    this.#stayer = stayer;
  }

  get room(): Room<T> | undefined {
    return this.#room;
  }

  /** Leaves the room, if there is one, and joins again. */
  enter(): void {
    this.#turn += 1;
    this.#room?.leave();
    this.#room = undefined;
    void this.#join(this.#turn, UNREACHED);
  }

  /** Tries until it is in, or until trying makes no sense. */
  async #join(turn: number, plan: Plan): Promise<void> {
    while (turn === this.#turn) {
      try {
        const room = await this.#stayer.join();
        if (turn !== this.#turn) return room.leave();
        return this.#enter(turn, room, plan);
      } catch (error) {
        if (turn !== this.#turn) return;
        const text = refusal(error);
        if (text !== undefined) return this.#offer(text);
        this.#status.trouble(plan.trouble);
        await pause(RETRY_MS);
      }
    }
  }

  #enter(turn: number, room: Room<T>, plan: Plan): void {
    this.#room = room;
    if (this.#status.isTrouble) this.#status.good(plan.back);
    room.onDrop((reason) => this.#status.trouble(lost(reason)));
    room.onReconnect(() => this.#status.good("Connected again, in your old place."));
    room.onLeave((reason) => {
      if (turn === this.#turn) void this.#left(turn, reason);
    });
    this.#stayer.entered(room);
  }

  async #left(turn: number, reason: LeaveReason): Promise<void> {
    this.#room = undefined;
    const plan = PLANS[reason.name];
    if (!plan) return this.#offer(`You are out of the room: ${reason.message}.`);
    this.#status.trouble(plan.trouble);
    await pause(RETURN_MS);
    await this.#join(turn, plan);
  }

  #offer(text: string): void {
    this.#status.trouble(text, () => this.enter());
  }
}

/** What is said while a page is out of its room, and when it is in again. */
interface Plan {
  readonly trouble: string;
  readonly back: string;
}

const UNREACHED: Plan = {
  trouble: "The server cannot be reached. Trying again…",
  back: "The server is there, and you are in.",
};

/** Ends after which a page joins anew by itself. */
const PLANS: { readonly [name: string]: Plan } = {
  serverShutdown: {
    trouble: "The server is restarting. You will be back as soon as it is.",
    back: "The server is back, and you are in a new room.",
  },
  // It ended when the last had left it, or the server went without a word.
  unknownRoom: {
    trouble: "Your room is gone. Joining another…",
    back: "Your old room is gone: you are in a new one.",
  },
  seatExpired: {
    trouble: "Your place was given away. Joining again…",
    back: "You are in again, in a new place.",
  },
  connectionLost: UNREACHED,
};

function lost({ name }: CloseReason): string {
  return name === "connectionLost"
    ? "Connection lost. Trying again…"
    : "The server closed the connection. Trying again…";
}

/** What to say of an error after which another try would end alike. */
function refusal(error: unknown): string | undefined {
  if (error instanceof ConnectionError) return undefined;
  if (error instanceof MatchmakeError) {
    const isPassing = error.code === 503;
    return isPassing ? undefined : `The server gave no place: ${error.message}.`;
  }
  throw error;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
