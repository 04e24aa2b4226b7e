import { backoffMs } from "../backoff.js";
import { type CloseReason, closeReason, comesBack, type LeaveReason } from "../close.js";
import type { Host } from "../host/host.js";
import type { ReconnectionOptions } from "../options.js";
import { Connection } from "./connection.js";

/** Who hears how a seat fares. */
export interface SeatHandlers {
  message(bytes: Uint8Array): void;
  /** The connection is lost, and will be opened again. */
  dropped(reason: CloseReason): void;
  /** The seat is lost. Called once, and nothing after it. */
  left(reason: LeaveReason): void;
}

/** Where the seat is, and how long to try. */
export interface SeatOptions {
  /** The URLs of the WebSocket, with what opens the seat now, the better one first. */
  urls(): readonly string[];
  /** How long the first connection may take to be seated, milliseconds. */
  readonly timeoutMs: number;
  readonly reconnection: Required<ReconnectionOptions>;
}

/** A connection that lives as long was a good one: the next loss begins a new count of tries. */
const STABLE_MS = 5_000;

/** An address that has not answered for so long may be out of reach, if there is another one. */
const ANSWER_MS = 3_000;

/**
 * The close code of a node that cannot find the room at this moment. The seat may be there all the
 * same: who joins asks again.
 */
const MOVED = 4010;

type Phase = "joining" | "playing" | "dropped" | "left";

/** Keeps one seat: opens its connection, and opens it again whenever it is lost. */
export class Seat {
  readonly #host: Host;
  readonly #options: SeatOptions;
  readonly #handlers: SeatHandlers;
  #phase: Phase = "joining";
  #connection: Connection | undefined;
  /** Given up by this side only: kept open, so that the server replaces rather than drops it. */
  #former: Connection | undefined;
  /** Which of the URLs is tried: the next one, once nobody has answered at this one. */
  #way = 0;
  #attempts = 0;
  #lostAt: number | undefined;
  #seatedAt = 0;
  #stopTimer: () => void = () => {};
  #stopOnline: () => void = () => {};

  constructor(host: Host, options: SeatOptions, handlers: SeatHandlers) {
    this.#host = host;
    this.#options = options;
    this.#handlers = handlers;
  }

  /** The connection that a message may go to. */
  get open(): Connection | undefined {
    return this.#phase === "playing" ? this.#connection : undefined;
  }

  get isLeft(): boolean {
    return this.#phase === "left";
  }

  start(): void {
    this.#connect(this.#host.now() + this.#options.timeoutMs);
  }

  /** The server has let this client in, or in again. */
  seated(): void {
    this.#stopTimer();
    this.#stopOnline();
    this.#closeFormer();
    if (this.#phase === "joining") this.#attempts = 0;
    this.#phase = "playing";
    this.#seatedAt = this.#host.now();
  }

  /** This side finds that the connection is of no more use. */
  fail(reason: CloseReason): void {
    if (this.#phase === "joining" || !this.#options.reconnection.enabled) {
      return this.#end({ ...reason, kind: "closed", attempts: 0 }, reason.code);
    }
    this.#connection?.abandon();
    this.#closeFormer();
    this.#former = this.#connection;
    this.#connection = undefined;
    this.#lose(reason);
  }

  /** Leaves for good. */
  leave(): void {
    const reason = closeReason(4000);
    if (this.#phase !== "left") this.#end({ ...reason, kind: "closed", attempts: 0 }, reason.code);
  }

  #connect(endMs: number): void {
    const handlers = {
      message: (bytes: Uint8Array) => this.#handlers.message(bytes),
      closed: (reason: CloseReason) => this.#closed(reason, endMs),
    };
    this.#stopTimer();
    const startMs = this.#host.now();
    const urls = this.#options.urls();
    const isLast = this.#way % urls.length === urls.length - 1;
    try {
      const url = urls[this.#way % urls.length] ?? "";
      this.#connection = new Connection(this.#host, url, handlers);
    } catch (error) {
      return this.#closed(closeReason(1006, (error as Error).message), endMs);
    }
    const patienceMs = isLast ? endMs - startMs : Math.min(endMs - startMs, ANSWER_MS);
    this.#stopTimer = this.#host.after(patienceMs, () => this.#late(startMs, endMs));
  }

  #late(startMs: number, endMs: number): void {
    const restMs = endMs - this.#host.now();
    if (restMs > 0 && this.#connection?.hasOpened) {
      this.#stopTimer = this.#host.after(restMs, () => this.#late(startMs, endMs));
      return;
    }
    this.#connection?.close(4009);
    const waitedMs = Math.round(this.#host.now() - startMs);
    this.#closed(closeReason(1006, `no seat within ${waitedMs} ms`), endMs);
  }

  #closed(reason: CloseReason, endMs: number): void {
    const nobodyAnswers = !this.#connection?.hasOpened;
    this.#connection = undefined;
    this.#stopTimer();
    if (nobodyAnswers) {
      this.#way += 1;
      const isUntried = this.#way < this.#options.urls().length;
      if (this.#phase === "joining" && isUntried) return this.#connect(endMs);
    }
    if (this.#phase === "joining" && reason.code === MOVED) return this.#joinAgain(reason, endMs);
    const tries = this.#options.reconnection.enabled && comesBack(reason);
    if (this.#phase === "joining" || !tries) {
      return this.#end({ ...reason, kind: "closed", attempts: this.#attempts }, reason.code);
    }
    this.#lose(reason);
  }

  #joinAgain(reason: CloseReason, endMs: number): void {
    const delayMs = backoffMs(this.#attempts + 1, this.#options.reconnection, this.#host.random());
    if (this.#host.now() + delayMs >= endMs) {
      return this.#end({ ...reason, kind: "gaveUp", attempts: this.#attempts }, reason.code);
    }
    this.#attempts += 1;
    this.#stopTimer = this.#host.after(delayMs, () => this.#connect(endMs));
  }

  #lose(reason: CloseReason): void {
    const now = this.#host.now();
    if (this.#phase === "playing") {
      this.#phase = "dropped";
      if (this.#lostAt === undefined || now - this.#seatedAt >= STABLE_MS) {
        this.#attempts = 0;
        this.#lostAt = now;
      }
      this.#stopOnline = this.#host.onOnline(() => this.#tryAgain());
      this.#handlers.dropped(reason);
      // A listener may have left.
      if (this.isLeft) return;
    }
    this.#wait(reason, now);
  }

  #wait(reason: CloseReason, now: number): void {
    const { reconnection } = this.#options;
    if (now - (this.#lostAt ?? now) >= reconnection.giveUpMs) {
      return this.#end({ ...reason, kind: "gaveUp", attempts: this.#attempts }, reason.code);
    }
    const delayMs = backoffMs(this.#attempts, reconnection, this.#host.random());
    this.#stopTimer();
    this.#stopTimer = this.#host.after(delayMs, () => this.#tryAgain());
  }

  #tryAgain(): void {
    if (this.#phase !== "dropped" || this.#connection) return;
    this.#attempts += 1;
    this.#connect(this.#host.now() + this.#options.reconnection.attemptMs);
  }

  #end(reason: LeaveReason, code: number): void {
    this.#phase = "left";
    this.#stopTimer();
    this.#stopOnline();
    this.#closeFormer();
    this.#connection?.close(code);
    this.#connection = undefined;
    this.#handlers.left(reason);
  }

  #closeFormer(): void {
    this.#former?.close(4005);
    this.#former = undefined;
  }
}
