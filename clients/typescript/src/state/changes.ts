import type { Value } from "../wire/codec.js";
import type { Entry, Rows } from "./rows.js";

/**
 * What a message did, told only when all of it is done: a listener sees the state as a whole. What
 * nobody listens to is not written down.
 */
export class Changes {
  #told: (() => void)[] = [];

  added({ listeners }: Rows, { row, key }: Entry): void {
    if (listeners.added.isHeard) this.#told.push(() => listeners.added.emit(row, key));
  }

  changed({ listeners }: Rows, { row, key }: Entry, fields: readonly string[]): void {
    if (listeners.changed.isHeard) this.#told.push(() => listeners.changed.emit(row, key, fields));
  }

  removed({ listeners }: Rows, { row, key }: Entry): void {
    if (listeners.removed.isHeard) this.#told.push(() => listeners.removed.emit(row, key));
  }

  field({ listeners }: Rows, { row, key }: Entry, name: string, previous: Value): void {
    const signal = listeners.heardField(name);
    const value = row[name];
    if (signal && value !== undefined) {
      this.#told.push(() => signal.emit(value, previous, row, key));
    }
  }

  tell(): void {
    const told = this.#told;
    if (told.length === 0) return;
    this.#told = [];
    for (const tell of told) tell();
  }
}
