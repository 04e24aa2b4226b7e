import type { Unsubscribe } from "../signal.js";
import type { Value } from "../wire/codec.js";
import type { AnyRow, Rows } from "./rows.js";
import type { AddOptions } from "./table.js";

/**
 * A single row of the room as this client sees it.
 *
 * ```ts
 * room.state.round.onField("number", (number) => show(`Round ${number}`));
 * ```
 */
export interface Single<R extends object = AnyRow> {
  readonly kind: "single";
  /** The name in the room's struct. */
  readonly name: string;
  /** The live row; undefined only where the room has put it into a group out of sight. */
  readonly value: Readonly<R> | undefined;
  /** Called when the row comes into sight, and at once if it is. */
  onAdd(listener: (row: Readonly<R>) => void, options?: AddOptions): Unsubscribe;
  /** Called when a patch has other values, with the names of those fields. */
  onChange(
    listener: (row: Readonly<R>, changed: readonly (keyof R & string)[]) => void,
  ): Unsubscribe;
  /** Called when the row goes out of sight. */
  onRemove(listener: (row: Readonly<R>) => void): Unsubscribe;
  /** Called when one field has another value. */
  onField<F extends keyof R & string>(
    field: F,
    listener: (value: R[F], previous: R[F], row: Readonly<R>) => void,
  ): Unsubscribe;
}

/** A single row whose types are those of the wire. */
export class SingleMirror implements Single {
  readonly kind = "single";
  readonly name: string;
  readonly #rows: Rows;

  /** @internal */
  constructor(rows: Rows) {
    this.#rows = rows;
    this.name = rows.layout.name;
  }

  get value(): AnyRow | undefined {
    return this.#rows.single;
  }

  onAdd(listener: (row: AnyRow) => void, options: AddOptions = {}): Unsubscribe {
    const { added } = this.#rows.listeners;
    const { value } = this;
    if (value && (options.existing ?? true)) added.call(listener, value, null);
    return added.on((row) => listener(row));
  }

  onChange(listener: (row: AnyRow, changed: readonly string[]) => void): Unsubscribe {
    return this.#rows.listeners.changed.on((row, _, changed) => listener(row, changed));
  }

  onRemove(listener: (row: AnyRow) => void): Unsubscribe {
    return this.#rows.listeners.removed.on((row) => listener(row));
  }

  onField(
    field: string,
    listener: (value: Value, previous: Value, row: AnyRow) => void,
  ): Unsubscribe {
    return this.#rows.listeners.field(field).on((value, previous, row) => {
      listener(value, previous, row);
    });
  }
}
