import { type Listener, type Report, Signal, type Unsubscribe } from "../signal.js";
import { decodeVariant } from "../wire/payload.js";

/** Events that wait for whoever joins; a room says a few words at the door, not a speech. */
const EARLY_MAX = 64;

/**
 * The events of a room, by name. Those that come before the game can have begun to listen are
 * kept, a few, until {@link begin}.
 */
export class Events {
  readonly #raw: Signal<[bytes: Uint8Array, tick: number]>;
  readonly #any: Signal<[name: string, payload: unknown, tick: number]>;
  readonly #named = new Map<string, Signal<[payload: unknown, tick: number]>>();
  readonly #report: Report;
  #early: (() => void)[] | undefined = [];

  constructor(report: Report) {
    this.#report = report;
    this.#raw = new Signal(report);
    this.#any = new Signal(report);
  }

  on(name: string, listener: Listener<[payload: unknown, tick: number]>): Unsubscribe {
    let signal = this.#named.get(name);
    if (!signal) {
      signal = new Signal(this.#report);
      this.#named.set(name, signal);
    }
    return signal.on(listener);
  }

  onAny(listener: Listener<[name: string, payload: unknown, tick: number]>): Unsubscribe {
    return this.#any.on(listener);
  }

  onRaw(listener: Listener<[bytes: Uint8Array, tick: number]>): Unsubscribe {
    return this.#raw.on(listener);
  }

  /** @throws ProtocolError if the payload is no event. */
  hear(type: "event" | "rawEvent", tick: number, payload: Uint8Array): void {
    if (type === "rawEvent") return this.#tell(() => this.#raw.emit(payload, tick));
    const { name, payload: value } = decodeVariant(payload);
    this.#tell(() => {
      this.#named.get(name)?.emit(value, tick);
      this.#any.emit(name, value, tick);
    });
  }

  /** Somebody listens by now. */
  begin(): void {
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const tell of early) tell();
  }

  #tell(tell: () => void): void {
    if (!this.#early) return tell();
    this.#early.push(tell);
    if (this.#early.length > EARLY_MAX) this.#early.shift();
  }
}
