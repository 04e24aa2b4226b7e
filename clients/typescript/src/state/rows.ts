import { type Report, Signal } from "../signal.js";
import type { Value } from "../wire/codec.js";
import type { TableLayout } from "../wire/rows.js";

/** What names a row. Whole numbers of 64 bits are bigints, sessions are texts. */
export type Key = string | number | bigint;

/** A row as it is read without types of its own. */
export interface AnyRow {
  readonly [field: string]: Value;
}

/** The same, where it is written. */
export interface OwnRow {
  [field: string]: Value;
}

/** A row at its place on the wire. */
export interface Entry {
  readonly slot: number;
  /** A single row has none. */
  readonly key: Key | null;
  readonly row: OwnRow;
  /** The group that says it now. */
  group: number;
  /** The number of the snapshot that last had it: the others are gone. */
  snapshot: number;
}

/** Who listens to one table. */
export class Listeners {
  readonly added: Signal<[row: AnyRow, key: Key | null]>;
  readonly changed: Signal<[row: AnyRow, key: Key | null, fields: readonly string[]]>;
  readonly removed: Signal<[row: AnyRow, key: Key | null]>;
  readonly #fields = new Map<string, Signal<FieldArguments>>();
  readonly #report: Report;

  constructor(report: Report) {
    this.#report = report;
    this.added = new Signal(report);
    this.changed = new Signal(report);
    this.removed = new Signal(report);
  }

  field(name: string): Signal<FieldArguments> {
    let signal = this.#fields.get(name);
    if (!signal) {
      signal = new Signal(this.#report);
      this.#fields.set(name, signal);
    }
    return signal;
  }

  /** Those of a field, if there are any. */
  heardField(name: string): Signal<FieldArguments> | undefined {
    const signal = this.#fields.get(name);
    return signal?.isHeard ? signal : undefined;
  }
}

type FieldArguments = [value: Value, previous: Value, row: AnyRow, key: Key | null];

/** The rows of one table, by their places and by their keys. */
export class Rows {
  readonly bySlot = new Map<number, Entry>();
  readonly byKey = new Map<Key, OwnRow>();
  readonly listeners: Listeners;

  constructor(
    readonly layout: TableLayout,
    report: Report,
  ) {
    this.listeners = new Listeners(report);
  }

  /** Its place must be free. Gives back the row that had its key at another place. */
  add(entry: Entry): Entry | undefined {
    const { key } = entry;
    const former = key !== null && this.byKey.has(key) ? this.#holder(key) : undefined;
    if (former) this.remove(former);
    this.bySlot.set(entry.slot, entry);
    if (key !== null) this.byKey.set(key, entry.row);
    return former;
  }

  remove(entry: Entry): void {
    this.bySlot.delete(entry.slot);
    if (entry.key !== null) this.byKey.delete(entry.key);
  }

  /** The single row, if it is in sight. */
  get single(): AnyRow | undefined {
    for (const { row } of this.bySlot.values()) return row;
    return undefined;
  }

  /** Searched, for it is rare: a key comes back before its former row was seen to leave. */
  #holder(key: Key): Entry | undefined {
    for (const entry of this.bySlot.values()) if (entry.key === key) return entry;
    return undefined;
  }
}
