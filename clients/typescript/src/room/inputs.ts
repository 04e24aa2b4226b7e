import { encodeInput, encodeRaw } from "../wire/encode.js";
import { encodeVariant } from "../wire/payload.js";

interface Pending {
  readonly number: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/**
 * The inputs of one client that the server has not acknowledged: those on their way, and those that
 * wait for a connection. Bounded: the oldest gives way to the newest.
 */
export class Inputs {
  readonly #max: number;
  #pending: Pending[] = [];
  #newest = 0;
  #sent = 0;
  #dropped = 0;

  constructor(max: number) {
    this.#max = max;
  }

  /** Inputs that gave way before they were sent. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Inputs that were not sent yet. */
  get waiting(): number {
    return this.#pending.filter(({ number }) => number > this.#sent).length;
  }

  /** Takes an input and gives it its number. */
  push(name: string, payload: unknown): number {
    const encoded = encodeVariant(name, payload);
    return this.#add((number) => encodeInput(number, encoded));
  }

  /** The same for bytes of the game's own format. */
  pushRaw(bytes: Uint8Array): number {
    return this.#add((number) => encodeRaw(number, bytes));
  }

  /** Gives the messages that were not sent, oldest first, as long as `admits` says so. */
  *unsent(admits: () => boolean): Generator<Uint8Array<ArrayBuffer>> {
    for (const { number, bytes } of this.#pending) {
      if (number <= this.#sent) continue;
      if (!admits()) return;
      this.#sent = number;
      yield bytes;
    }
  }

  /** The state contains all inputs up to this number. */
  acknowledge(number: number): void {
    if (this.#pending[0] && this.#pending[0].number <= number) {
      this.#pending = this.#pending.filter((pending) => pending.number > number);
    }
  }

  /**
   * A new connection begins, whose Welcome acknowledges up to `number`: what lies beyond was lost
   * with the former one and is sent again. A page that was loaded anew goes on with the numbers.
   */
  restart(number: number): void {
    this.acknowledge(number);
    this.#newest = Math.max(this.#newest, number);
    this.#sent = number;
  }

  #add(encode: (number: number) => Uint8Array<ArrayBuffer>): number {
    const number = this.#newest + 1;
    const bytes = encode(number);
    this.#newest = number;
    this.#pending.push({ number, bytes });
    if (this.#pending.length > this.#max) {
      const oldest = this.#pending.shift();
      if (oldest && oldest.number > this.#sent) this.#dropped += 1;
    }
    return number;
  }
}
