import { ClockEstimate } from "../clock.js";
import type { Host } from "../host/host.js";
import { encodePing } from "../wire/encode.js";

/** What a heartbeat does with its findings. */
export interface HeartbeatHandlers {
  send(ping: Uint8Array<ArrayBuffer>): void;
  /** Nothing was heard for so long that the network must be cut. */
  silent(silenceMs: number): void;
}

/** The first pings come quickly: a game wants the clock at once. */
const QUICK_PINGS = 4;
const QUICK_MS = 200;

/** Sends pings, measures their way, and notices when nothing comes back. */
export class Heartbeat {
  readonly clock = new ClockEstimate();
  readonly #host: Host;
  readonly #options: { readonly pingMs: number; readonly silenceMs: number };
  readonly #handlers: HeartbeatHandlers;
  #beats = 0;
  #dueAt = 0;
  /** When the oldest ping went out after which nothing was heard. */
  #unansweredAt: number | undefined;
  #stopTimer: () => void = () => {};

  constructor(
    host: Host,
    options: { readonly pingMs: number; readonly silenceMs: number },
    handlers: HeartbeatHandlers,
  ) {
    this.#host = host;
    this.#options = options;
    this.#handlers = handlers;
  }

  /** A connection begins. */
  start(): void {
    this.stop();
    this.clock.reset();
    this.#beats = 0;
    this.#unansweredAt = undefined;
    this.#dueAt = this.#host.now();
    this.#beat();
  }

  stop(): void {
    this.#stopTimer();
  }

  /** Any message is a sign of life. */
  heard(): void {
    this.#unansweredAt = undefined;
  }

  pong(clientTimeMs: number, serverTimeMs: number): void {
    this.clock.sample(clientTimeMs, serverTimeMs, this.#host.now());
  }

  #beat(): void {
    const now = this.#host.now();
    const { pingMs, silenceMs } = this.#options;
    // After a sleep there may be answers that nobody has read yet: that silence was our own.
    if (now - this.#dueAt > pingMs) this.#unansweredAt = undefined;
    const silence = now - (this.#unansweredAt ?? now);
    if (silence >= silenceMs) return this.#handlers.silent(silence);
    this.#unansweredAt ??= now;
    this.#handlers.send(encodePing(now));
    const delayMs = this.#beats < QUICK_PINGS ? Math.min(QUICK_MS, pingMs) : pingMs;
    this.#beats += 1;
    this.#dueAt = now + delayMs;
    this.#stopTimer = this.#host.after(delayMs, () => this.#beat());
  }
}
