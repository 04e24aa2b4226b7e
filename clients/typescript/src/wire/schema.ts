/** How one value of a room's state lies on the wire, and so what it is here. */
export type FieldType =
  | { readonly kind: PlainKind }
  | {
      readonly kind: "quantized";
      readonly min: number;
      readonly max: number;
      readonly bits: number;
    }
  | { readonly kind: "array"; readonly element: FieldType; readonly length: number }
  | { readonly kind: "option"; readonly element: FieldType }
  | { readonly kind: "struct"; readonly fields: readonly Field[] };

/** Kinds that need no further word. */
export type PlainKind =
  | "bool"
  | "u8"
  | "u16"
  | "u32"
  | "u64"
  | "i8"
  | "i16"
  | "i32"
  | "i64"
  | "f32"
  | "f64"
  | "string"
  | "session";

/** A named value of a row. */
export interface Field {
  readonly name: string;
  readonly type: FieldType;
}

/** A table with a key, or a single row without. */
export interface TableSchema {
  readonly name: string;
  readonly key: FieldType | null;
  readonly fields: readonly Field[];
}

/** The tables of a room, in the order of their numbers on the wire. */
export type Schema = readonly TableSchema[];
