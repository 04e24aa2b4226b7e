import { ProtocolError } from "../errors.js";
import type { Reader } from "../wire/reader.js";
import type { Columns, RowsVisitor, TableLayout } from "../wire/rows.js";
import type { Rows } from "./rows.js";

/** Walks through rows before they are taken, so that malformed ones change nothing. */
export class RowsCheck implements RowsVisitor {
  readonly #tables: readonly Rows[];
  /** Slots that the message itself brings, by table. */
  readonly #inserted: readonly Set<number>[];
  #forgetsAll = false;

  constructor(tables: readonly Rows[]) {
    this.#tables = tables;
    this.#inserted = tables.map(() => new Set<number>());
  }

  /** Begins a message; before a snapshot, all is forgotten. */
  begin(forgetsAll: boolean): void {
    this.#forgetsAll = forgetsAll;
    for (const slots of this.#inserted) if (slots.size > 0) slots.clear();
  }

  update(table: TableLayout, slots: readonly number[], columns: Columns, from: Reader): void {
    for (const slot of slots) {
      if (!this.#isKnown(table, slot)) {
        throw new ProtocolError(`slot ${slot} of \`${table.name}\` is not known`);
      }
    }
    for (const { codec } of columns.list) codec.check(from, slots.length);
  }

  insert(table: TableLayout, slots: readonly number[], _group: number, from: Reader): void {
    table.key?.check(from, slots.length);
    for (const { codec } of table.all.list) codec.check(from, slots.length);
    const inserted = this.#inserted[table.number];
    for (const slot of slots) inserted?.add(slot);
  }

  remove(): void {
    // Rows that are gone already, or have moved, are not removed: nothing to check.
  }

  forget(): void {
    // The same.
  }

  #isKnown(table: TableLayout, slot: number): boolean {
    if (this.#inserted[table.number]?.has(slot)) return true;
    return !this.#forgetsAll && this.#tables[table.number]?.bySlot.has(slot) === true;
  }
}
