import {
  Client,
  ConnectionError,
  type LeaveReason,
  MatchmakeCode,
  MatchmakeError,
} from "@downbeat/client";
import { element, write } from "./dom.ts";
import type { Door } from "./door.ts";
import type { Monitor, MonitorRoom } from "./room.ts";

const ROOM_NAME = "$monitor";
/** Between two tries to get in, milliseconds. */
const RETRY_MS = 1_000;
/** The server tells something every second. Silence of so long is shown. */
const SILENCE_MS = 4_000;

/** Keeps the page in the monitor's room, and says in the bar whether it is there. */
export class Link {
  readonly #box = element("link", HTMLParagraphElement);
  readonly #text = element("link-text", HTMLSpanElement);
  readonly #door: Door;
  readonly #entered: (room: Monitor) => void;
  #heardAt = 0;
  #isConnected = false;

  constructor(door: Door, entered: (room: Monitor) => void) {
    this.#door = door;
    this.#entered = entered;
    setInterval(() => this.#watch(), 500);
  }

  /** News came: the figures are of now. */
  heard(): void {
    this.#heardAt = performance.now();
    this.#watch();
  }

  /** Tries until it is in; comes back for as long as the page is open. */
  async enter(): Promise<void> {
    for (;;) {
      try {
        return this.#enter(await this.#join());
      } catch (error) {
        if (error instanceof MatchmakeError) await this.#refused(error);
        else if (error instanceof ConnectionError) this.#say("lost", "Server not reached");
        else throw error;
        await pause(RETRY_MS);
      }
    }
  }

  #join(): Promise<Monitor> {
    const token = this.#door.password;
    const client = new Client(location.origin, token === undefined ? {} : { token });
    return client.joinOrCreate<MonitorRoom>(ROOM_NAME);
  }

  #enter(room: Monitor): void {
    this.#door.opened();
    this.#isConnected = true;
    this.#heardAt = performance.now();
    room.onDrop(() => this.#lost("Connection lost"));
    room.onReconnect(() => {
      this.#isConnected = true;
      this.heard();
    });
    room.onLeave((reason) => {
      this.#lost(words(reason));
      setTimeout(() => void this.enter(), RETRY_MS);
    });
    this.#entered(room);
    this.#watch();
  }

  /** Waits at the door where a password is wanted; else the next try may go better. */
  async #refused(error: MatchmakeError): Promise<void> {
    if (error.code === MatchmakeCode.PasswordNeeded) {
      this.#say("", "Locked");
      return this.#door.ask(error.message);
    }
    this.#say("lost", error.code === MatchmakeCode.UnknownName ? "Monitor is off" : error.message);
  }

  #lost(text: string): void {
    this.#isConnected = false;
    this.#say("lost", text);
  }

  #watch(): void {
    if (!this.#isConnected) return;
    const silenceMs = performance.now() - this.#heardAt;
    if (silenceMs < SILENCE_MS) this.#say("live", "Live");
    else this.#say("late", `No news for ${Math.floor(silenceMs / 1_000)} s`);
  }

  #say(state: "live" | "late" | "lost" | "", text: string): void {
    this.#box.className = `link ${state}`;
    write(this.#text, text);
    document.body.classList.toggle("stale", state === "late" || state === "lost");
  }
}

function words(reason: LeaveReason): string {
  return reason.name === "serverShutdown" ? "Server is restarting" : "Connection lost";
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
