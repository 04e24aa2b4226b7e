import type { Report } from "../signal.js";
import type { Value } from "../wire/codec.js";
import type { Reader } from "../wire/reader.js";
import {
  type Columns,
  layoutOf,
  type RowsVisitor,
  type TableLayout,
  walkRows,
} from "../wire/rows.js";
import type { Schema } from "../wire/schema.js";
import { Changes } from "./changes.js";
import { RowsCheck } from "./check.js";
import { type Entry, type Key, type OwnRow, Rows } from "./rows.js";
import { SingleMirror } from "./single.js";
import { TableMirror } from "./table.js";

/** The state of a room by the names of its tables. */
export interface AnyState {
  readonly [table: string]: TableMirror | SingleMirror;
}

/**
 * What one client sees of a room: rows in, tables out. No socket and no clock.
 *
 * The rules are those of `schemas/src/mirror.rs`.
 */
export class Mirror {
  readonly state: AnyState;
  readonly #tables: readonly Rows[];
  readonly #check: RowsCheck;
  readonly #writer: Writer;

  constructor(schema: Schema, report: Report) {
    this.#tables = layoutOf(schema).map((layout) => new Rows(layout, report));
    this.#check = new RowsCheck(this.#tables);
    this.#writer = new Writer(this.#tables);
    const mirrors = this.#tables.map((rows) => [rows.layout.name, mirrorOf(rows)]);
    this.state = Object.fromEntries(mirrors);
  }

  /**
   * Takes the rows of a message, then tells the listeners what they did.
   *
   * @throws ProtocolError if the rows are malformed; then nothing has changed.
   */
  apply(kind: "snapshot" | "patch", rows: Uint8Array): void {
    const layouts = this.#writer.layouts;
    this.#check.begin(kind === "snapshot");
    walkRows(rows, layouts, this.#check);
    this.#writer.begin();
    walkRows(rows, layouts, this.#writer);
    this.#writer.end(kind);
  }
}

function mirrorOf(rows: Rows): TableMirror | SingleMirror {
  return rows.layout.key ? new TableMirror(rows) : new SingleMirror(rows);
}

/** Puts rows that were checked into the tables. */
class Writer implements RowsVisitor {
  readonly layouts: readonly TableLayout[];
  readonly #tables: readonly Rows[];
  readonly #changes = new Changes();
  /** What goes: after all that comes, and only if it has not moved to another group. */
  readonly #leaving: (() => void)[] = [];
  #snapshot = 0;

  constructor(tables: readonly Rows[]) {
    this.#tables = tables;
    this.layouts = tables.map(({ layout }) => layout);
  }

  begin(): void {
    this.#snapshot += 1;
  }

  end(kind: "snapshot" | "patch"): void {
    for (const leave of this.#leaving) leave();
    this.#leaving.length = 0;
    if (kind === "snapshot") this.#removeWhere((entry) => entry.snapshot !== this.#snapshot);
    this.#changes.tell();
  }

  update(table: TableLayout, slots: readonly number[], columns: Columns, from: Reader): void {
    const rows = this.#rows(table);
    for (const { name, codec } of columns.list) {
      const isHeard = rows.listeners.heardField(name) !== undefined;
      for (const slot of slots) {
        const value = codec.read(from);
        const entry = rows.bySlot.get(slot);
        if (!entry) continue;
        if (isHeard) this.#writeField(rows, entry, name, value);
        else entry.row[name] = value;
      }
    }
    if (!rows.listeners.changed.isHeard) return;
    for (const slot of slots) {
      const entry = rows.bySlot.get(slot);
      if (entry) this.#changes.changed(rows, entry, columns.names);
    }
  }

  insert(table: TableLayout, slots: readonly number[], group: number, from: Reader): void {
    const rows = this.#rows(table);
    const fresh = slots.map((slot) => ({ slot, key: null as Key | null, row: {} as OwnRow }));
    if (table.key) for (const one of fresh) one.key = table.key.read(from) as Key;
    for (const { name, codec } of table.all.list) {
      for (const { row } of fresh) row[name] = codec.read(from);
    }
    for (const one of fresh) this.#put(rows, { ...one, group, snapshot: this.#snapshot });
  }

  remove(table: TableLayout, slots: readonly number[], group: number): void {
    const rows = this.#rows(table);
    const gone = [...slots];
    this.#leaving.push(() => {
      for (const slot of gone) {
        const entry = rows.bySlot.get(slot);
        if (entry?.group === group) this.#remove(rows, entry);
      }
    });
  }

  forget(group: number): void {
    this.#leaving.push(() => this.#removeWhere((entry) => entry.group === group));
  }

  #put(rows: Rows, fresh: Entry): void {
    const known = rows.bySlot.get(fresh.slot);
    if (known?.key === fresh.key) return this.#renew(rows, known, fresh);
    // The place has gone to another row while nobody told.
    if (known) this.#remove(rows, known);
    const former = rows.add(fresh);
    if (former) this.#changes.removed(rows, former);
    this.#changes.added(rows, fresh);
  }

  /** The row keeps its object: games hold on to it. */
  #renew(rows: Rows, known: Entry, fresh: Entry): void {
    known.group = fresh.group;
    known.snapshot = fresh.snapshot;
    const changed = rows.layout.all.names.filter((name) => !same(known.row[name], fresh.row[name]));
    if (changed.length === 0) return;
    for (const name of changed) this.#writeField(rows, known, name, fresh.row[name] as Value);
    this.#changes.changed(rows, known, changed);
  }

  #writeField(rows: Rows, entry: Entry, name: string, value: Value): void {
    const previous = entry.row[name] as Value;
    entry.row[name] = value;
    if (!same(previous, value)) this.#changes.field(rows, entry, name, previous);
  }

  #remove(rows: Rows, entry: Entry): void {
    rows.remove(entry);
    this.#changes.removed(rows, entry);
  }

  #removeWhere(isGone: (entry: Entry) => boolean): void {
    for (const rows of this.#tables) {
      for (const entry of rows.bySlot.values()) if (isGone(entry)) this.#remove(rows, entry);
    }
  }

  #rows(table: TableLayout): Rows {
    return this.#tables[table.number] as Rows;
  }
}

/** Equal as the server means it: by what they hold. */
function same(one: Value | undefined, other: Value | undefined): boolean {
  if (Object.is(one, other)) return true;
  if (typeof one !== "object" || typeof other !== "object" || !one || !other) return false;
  const [left, right] = [Object.entries(one), Object.entries(other)];
  const isAlike = ([name, value]: [string, Value]) => same(value, (other as OwnRow)[name]);
  return left.length === right.length && left.every(isAlike);
}
