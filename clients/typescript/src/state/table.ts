import type { Unsubscribe } from "../signal.js";
import type { Value } from "../wire/codec.js";
import type { AnyRow, Key, Rows } from "./rows.js";

/**
 * A table of the room as this client sees it, in the form of a read-only `Map`. Rows are live: the
 * same object holds the newest values from patch to patch.
 *
 * ```ts
 * for (const [session, player] of room.state.players) draw(session, player.x, player.y);
 * ```
 */
export interface Table<K extends Key = Key, R extends object = AnyRow>
  extends Iterable<[K, Readonly<R>]> {
  readonly kind: "table";
  /** The name in the room's struct. */
  readonly name: string;
  readonly size: number;
  get(key: K): Readonly<R> | undefined;
  has(key: K): boolean;
  keys(): IterableIterator<K>;
  values(): IterableIterator<Readonly<R>>;
  entries(): IterableIterator<[K, Readonly<R>]>;
  /** Called for each row that comes into sight, and at once for those that are there already. */
  onAdd(listener: (row: Readonly<R>, key: K) => void, options?: AddOptions): Unsubscribe;
  /** Called for each row of which a patch has other values, with the names of those fields. */
  onChange(
    listener: (row: Readonly<R>, key: K, changed: readonly (keyof R & string)[]) => void,
  ): Unsubscribe;
  /** Called for each row that goes out of sight, with what it was last. */
  onRemove(listener: (row: Readonly<R>, key: K) => void): Unsubscribe;
  /** Called when one field of a row has another value; of the row with `key`, if given. */
  onField<F extends keyof R & string>(
    field: F,
    listener: (value: R[F], previous: R[F], row: Readonly<R>, key: K) => void,
    key?: K,
  ): Unsubscribe;
}

/** How `onAdd` begins. */
export interface AddOptions {
  /** Whether rows that are there already count as added. Default true. */
  readonly existing?: boolean;
}

/** A table whose types are those of the wire. */
export class TableMirror implements Table {
  readonly kind = "table";
  readonly name: string;
  readonly #rows: Rows;

  /** @internal */
  constructor(rows: Rows) {
    this.#rows = rows;
    this.name = rows.layout.name;
  }

  get size(): number {
    return this.#rows.byKey.size;
  }

  get(key: Key): AnyRow | undefined {
    return this.#rows.byKey.get(key);
  }

  has(key: Key): boolean {
    return this.#rows.byKey.has(key);
  }

  keys(): IterableIterator<Key> {
    return this.#rows.byKey.keys();
  }

  values(): IterableIterator<AnyRow> {
    return this.#rows.byKey.values();
  }

  entries(): IterableIterator<[Key, AnyRow]> {
    return this.#rows.byKey.entries();
  }

  [Symbol.iterator](): IterableIterator<[Key, AnyRow]> {
    return this.entries();
  }

  onAdd(listener: (row: AnyRow, key: Key) => void, options: AddOptions = {}): Unsubscribe {
    const { added } = this.#rows.listeners;
    const keyed = (row: AnyRow, key: Key | null) => listener(row, key as Key);
    if (options.existing ?? true) {
      for (const [key, row] of [...this.entries()]) added.call(keyed, row, key);
    }
    return added.on(keyed);
  }

  onChange(listener: (row: AnyRow, key: Key, changed: readonly string[]) => void): Unsubscribe {
    return this.#rows.listeners.changed.on((row, key, changed) => {
      listener(row, key as Key, changed);
    });
  }

  onRemove(listener: (row: AnyRow, key: Key) => void): Unsubscribe {
    return this.#rows.listeners.removed.on((row, key) => listener(row, key as Key));
  }

  onField(
    field: string,
    listener: (value: Value, previous: Value, row: AnyRow, key: Key) => void,
    only?: Key,
  ): Unsubscribe {
    return this.#rows.listeners.field(field).on((value, previous, row, key) => {
      if (only === undefined || only === key) listener(value, previous, row, key as Key);
    });
  }
}
