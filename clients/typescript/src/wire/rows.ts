import { ProtocolError } from "../errors.js";
import { type Codec, codecOf } from "./codec.js";
import { Reader } from "./reader.js";
import type { Schema, TableSchema } from "./schema.js";

/** What a section does to its rows: the numbers on the wire. */
export const Op = { Update: 0, Insert: 1, Remove: 2, Forget: 3 } as const;

/** One field of a table, ready to be read. */
export interface Column {
  readonly name: string;
  readonly codec: Codec;
}

/** Some columns of a table and, for those who are told of changes, their names. */
export interface Columns {
  readonly names: readonly string[];
  readonly list: readonly Column[];
}

/** Masks whose columns are remembered; a game uses a few. */
const MASKS_MAX = 256;

/** One table of the schema, ready to be read. */
export class TableLayout {
  readonly name: string;
  readonly key: Codec | null;
  readonly all: Columns;
  readonly #byMask = new Map<string, Columns>();

  constructor(
    /** Its number on the wire. */
    readonly number: number,
    schema: TableSchema,
  ) {
    this.name = schema.name;
    this.key = schema.key && codecOf(schema.key);
    const list = schema.fields.map(({ name, type }) => ({ name, codec: codecOf(type) }));
    this.all = { names: list.map(({ name }) => name), list };
  }

  /** The columns of a mask, whose lower and upper half these are. */
  columns(low: number, high: number): Columns {
    const mask = `${high}:${low}`;
    let columns = this.#byMask.get(mask);
    if (!columns) {
      columns = this.#select(low, high);
      if (this.#byMask.size >= MASKS_MAX) this.#byMask.clear();
      this.#byMask.set(mask, columns);
    }
    return columns;
  }

  #select(low: number, high: number): Columns {
    const isSet = (bit: number) => ((bit < 32 ? low >>> bit : high >>> (bit - 32)) & 1) === 1;
    for (let bit = this.all.list.length; bit < 64; bit++) {
      if (isSet(bit)) throw new ProtocolError(`\`${this.name}\` has no field ${bit}`);
    }
    const list = this.all.list.filter((_, bit) => isSet(bit));
    return { names: list.map(({ name }) => name), list };
  }
}

/** Prepares all tables of a room. */
export function layoutOf(schema: Schema): readonly TableLayout[] {
  return schema.map((table, number) => new TableLayout(number, table));
}

/**
 * Is told what rows say, section by section. Each `slots` is only valid during the call. Keys and
 * columns must be read to their end.
 */
export interface RowsVisitor {
  update(table: TableLayout, slots: readonly number[], columns: Columns, from: Reader): void;
  insert(table: TableLayout, slots: readonly number[], group: number, from: Reader): void;
  remove(table: TableLayout, slots: readonly number[], group: number): void;
  forget(group: number): void;
}

/**
 * Walks through packed rows. The grammar is that of `schemas/src/rows/mod.rs`.
 *
 * @throws ProtocolError where the bytes leave the grammar.
 */
export function walkRows(
  rows: Uint8Array,
  tables: readonly TableLayout[],
  visitor: RowsVisitor,
): void {
  const from = new Reader(rows);
  while (from.left > 0) {
    const group = from.varint32();
    const end = from.enter(from.varint32());
    while (from.left > 0) walkSection(from, tables, group, visitor);
    from.leave(end);
  }
}

function walkSection(
  from: Reader,
  tables: readonly TableLayout[],
  group: number,
  visitor: RowsVisitor,
): void {
  const head = from.varint();
  const op = head % 4;
  if (op === Op.Forget) return visitor.forget(group);
  const number = Math.floor(head / 4);
  const table = tables[number];
  if (!table) throw new ProtocolError(`table ${number} is not in the schema`);
  if (op === Op.Update) {
    const low = from.varint64();
    const columns = table.columns(low, from.high);
    return visitor.update(table, readSlots(from), columns, from);
  }
  const slots = readSlots(from);
  if (op === Op.Insert) visitor.insert(table, slots, group, from);
  else visitor.remove(table, slots, group);
}

/** One list for all sections: a patch leaves no garbage behind. */
const slots: number[] = [];

function readSlots(from: Reader): readonly number[] {
  const count = from.varint();
  if (count > from.left) throw new ProtocolError(`${count} slots in ${from.left} bytes`);
  slots.length = count;
  let next = 0;
  for (let index = 0; index < count; index++) {
    const slot = next + from.varint();
    if (slot > 0xffff_ffff) throw new ProtocolError(`a slot out of range: ${slot}`);
    slots[index] = slot;
    next = slot + 1;
  }
  return slots;
}
