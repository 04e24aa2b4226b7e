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
  /** The URL of the WebSocket, with what opens the seat now. */
  url(): string;
  /** How long the first connection may take to be seated, milliseconds. */
  readonly timeoutMs: number;
  readonly reconnection: Required<ReconnectionOptions>;
}

/** A connection that lives as long was a good one: the next loss begins a new count of tries. */
const STABLE_MS = 5_000;

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
    this.#connect(this.#options.timeoutMs);
  }

  /** The server has let this client in, or in again. */
  seated(): void {
    this.#stopTimer();
    this.#stopOnline();
    this.#closeFormer();
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

  #connect(patienceMs: number): void {
    const handlers = {
      message: (bytes: Uint8Array) => this.#handlers.message(bytes),
      closed: (reason: CloseReason) => this.#closed(reason),
    };
    this.#stopTimer();
    try {
      this.#connection = new Connection(this.#host, this.#options.url(), handlers);
    } catch (error) {
      return this.#closed(closeReason(1006, (error as Error).message));
    }
    this.#stopTimer = this.#host.after(patienceMs, () => this.#tooLate(patienceMs));
  }

  #tooLate(patienceMs: number): void {
    this.#connection?.close(4009);
    this.#closed(closeReason(1006, `no seat within ${patienceMs} ms`));
  }

  #closed(reason: CloseReason): void {
    this.#connection = undefined;
    this.#stopTimer();
    const tries = this.#options.reconnection.enabled && comesBack(reason);
    if (this.#phase === "joining" || !tries) {
      return this.#end({ ...reason, kind: "closed", attempts: this.#attempts }, reason.code);
    }
    this.#lose(reason);
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
    this.#connect(this.#options.reconnection.attemptMs);
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
