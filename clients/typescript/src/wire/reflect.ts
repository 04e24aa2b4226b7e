import { ProtocolError } from "../errors.js";
import type { Field as WireField } from "../generated/downbeat/wire/field.js";
import type { StateSchema } from "../generated/downbeat/wire/state-schema.js";
import type { TableSchema as WireTable } from "../generated/downbeat/wire/table-schema.js";
import type { Type as WireType } from "../generated/downbeat/wire/type.js";
import { TypeKind } from "../generated/downbeat/wire/type-kind.js";
import type { Field, FieldType, PlainKind, Schema, TableSchema } from "./schema.js";

const DEPTH_MAX = 16;
/** Bits of a field mask. */
const FIELDS_MAX = 64;
const TABLES_MAX = 64;
const QUANTIZED_BITS = [8, 16, 24, 32];

/** Reads the reflection of a Welcome that was verified. */
export function readSchema(schema: StateSchema): Schema {
  if (schema.tablesLength() > TABLES_MAX) throw odd("state", "more than 64 tables");
  const tables = list(schema.tablesLength(), (index) => readTable(present(schema.tables(index))));
  unique("state", tables);
  return tables;
}

function readTable(table: WireTable): TableSchema {
  const name = present(table.name());
  if (table.fieldsLength() > FIELDS_MAX) throw odd(name, "more than 64 fields");
  const fields = list(table.fieldsLength(), (index) => readField(present(table.fields(index)), 0));
  unique(name, fields);
  const key = table.key();
  return { name, key: key && readType(key, name, 0), fields };
}

function readField(field: WireField, depth: number): Field {
  const name = present(field.name());
  return { name, type: readType(present(field.type()), name, depth) };
}

function readType(type: WireType, at: string, depth: number): FieldType {
  if (depth > DEPTH_MAX) throw odd(at, "types nested too deeply");
  const element = (): FieldType => readType(present(type.element()), at, depth + 1);
  const kind = type.kind();
  switch (kind) {
    case TypeKind.Option:
      return { kind: "option", element: element() };
    case TypeKind.Array:
      return { kind: "array", element: element(), length: type.len() };
    case TypeKind.Struct: {
      const fields = list(type.fieldsLength(), (index) =>
        readField(present(type.fields(index)), depth + 1),
      );
      unique(at, fields);
      return { kind: "struct", fields };
    }
    case TypeKind.Quantized:
      if (!QUANTIZED_BITS.includes(type.bits())) throw odd(at, `quantized to ${type.bits()} bits`);
      return { kind: "quantized", min: type.min(), max: type.max(), bits: type.bits() };
    default: {
      const plain = PLAIN_KINDS[kind];
      if (!plain) throw odd(at, `an unknown kind of type, number ${kind}`);
      return { kind: plain };
    }
  }
}

const PLAIN_KINDS: { readonly [kind: number]: PlainKind } = {
  [TypeKind.Bool]: "bool",
  [TypeKind.U8]: "u8",
  [TypeKind.U16]: "u16",
  [TypeKind.U32]: "u32",
  [TypeKind.U64]: "u64",
  [TypeKind.I8]: "i8",
  [TypeKind.I16]: "i16",
  [TypeKind.I32]: "i32",
  [TypeKind.I64]: "i64",
  [TypeKind.F32]: "f32",
  [TypeKind.F64]: "f64",
  [TypeKind.String]: "string",
  [TypeKind.Session]: "session",
};

function list<T>(length: number, item: (index: number) => T): T[] {
  return Array.from({ length }, (_, index) => item(index));
}

/** The verifier has seen that it is there; the generated types do not know. */
function present<T>(found: T | null): T {
  if (found === null) throw new ProtocolError("a required part of a Welcome is missing");
  return found;
}

/** Names become properties: two of one name, or one that is not a plain property, would be lost. */
function unique(at: string, named: readonly { readonly name: string }[]): void {
  const names = new Set(named.map(({ name }) => name));
  if (names.size !== named.length) throw odd(at, "two parts of one name");
  if (names.has("__proto__")) throw odd(at, "a part called __proto__");
}

function odd(at: string, found: string): ProtocolError {
  return new ProtocolError(`the reflection of \`${at}\` is not of this protocol: ${found}`);
}
