import { ProtocolError } from "../errors.js";
import { sessionText } from "./id.js";
import type { Reader } from "./reader.js";
import type { Field, FieldType, PlainKind } from "./schema.js";

/** A value of a row. Whole numbers of 64 bits are bigints, sessions are texts. */
export type Value =
  | boolean
  | number
  | bigint
  | string
  | null
  | readonly Value[]
  | { readonly [field: string]: Value };

/** How values of one type are read. Made once per room, then used for each value. */
export interface Codec {
  /** The fewest bytes of one value: bounds what a length can claim. */
  readonly bytesMin: number;
  read(from: Reader): Value;
  /** Passes over `count` values; throws where they are not of their type. */
  check(from: Reader, count: number): void;
}

/** @throws ProtocolError if no value can have this type. */
export function codecOf(type: FieldType): Codec {
  switch (type.kind) {
    case "quantized":
      return quantized(type.min, type.max, type.bits);
    case "array":
      return array(codecOf(type.element), type.length);
    case "option":
      return option(codecOf(type.element));
    case "struct":
      return struct(type.fields);
    default:
      return PLAIN[type.kind];
  }
}

const PLAIN: { readonly [kind in PlainKind]: Codec } = {
  bool: walked(1, (from) => from.flag()),
  u8: fixed(1, (from) => from.u8()),
  u16: fixed(2, (from) => from.u16()),
  u32: fixed(4, (from) => from.u32()),
  u64: fixed(8, (from) => from.u64()),
  i8: fixed(1, (from) => from.i8()),
  i16: fixed(2, (from) => from.i16()),
  i32: fixed(4, (from) => from.i32()),
  i64: fixed(8, (from) => from.i64()),
  f32: fixed(4, (from) => from.f32()),
  f64: fixed(8, (from) => from.f64()),
  string: walked(1, (from) => from.string()),
  session: fixed(8, (from) => sessionText(from.u64())),
};

/** Any bytes of this length are a value. */
function fixed(bytes: number, read: (from: Reader) => Value): Codec {
  return { bytesMin: bytes, read, check: (from, count) => from.pass(bytes * count) };
}

/** Only reading tells whether it is a value, and where it ends. */
function walked(bytesMin: number, read: (from: Reader) => Value): Codec {
  return {
    bytesMin,
    read,
    check(from, count) {
      for (let index = 0; index < count; index++) read(from);
    },
  };
}

function quantized(min: number, max: number, bits: number): Codec {
  const steps = 2 ** bits - 1;
  const float = (step: number) => min + (step / steps) * (max - min);
  switch (bits) {
    case 8:
      return fixed(1, (from) => float(from.u8()));
    case 16:
      return fixed(2, (from) => float(from.u16()));
    case 24:
      return fixed(3, (from) => float(from.u24()));
    default:
      return fixed(4, (from) => float(from.u32()));
  }
}

function array(element: Codec, length: number): Codec {
  const bytesMin = element.bytesMin * length;
  if (bytesMin < length) throw new ProtocolError("an array of values without bytes");
  return {
    bytesMin,
    read(from) {
      const values: Value[] = [];
      for (let index = 0; index < length; index++) values.push(element.read(from));
      return values;
    },
    check(from, count) {
      refuseMore(from, bytesMin, count);
      element.check(from, length * count);
    },
  };
}

function option(element: Codec): Codec {
  return {
    bytesMin: 1,
    read: (from) => (from.flag() ? element.read(from) : null),
    check(from, count) {
      for (let index = 0; index < count; index++) if (from.flag()) element.check(from, 1);
    },
  };
}

function struct(fields: readonly Field[]): Codec {
  const codecs = fields.map(({ name, type }) => ({ name, codec: codecOf(type) }));
  const bytesMin = codecs.reduce((sum, { codec }) => sum + codec.bytesMin, 0);
  return {
    bytesMin,
    read(from) {
      const value: { [field: string]: Value } = {};
      for (const { name, codec } of codecs) value[name] = codec.read(from);
      return value;
    },
    check(from, count) {
      refuseMore(from, bytesMin, count);
      for (let index = 0; index < count; index++) {
        for (const { codec } of codecs) codec.check(from, 1);
      }
    },
  };
}

/** Before a loop begins, so that a length that lies costs nothing. */
function refuseMore(from: Reader, bytesMin: number, count: number): void {
  if (bytesMin * count > from.left) {
    throw new ProtocolError(
      `the bytes end too early: ${bytesMin * count} needed, ${from.left} left`,
    );
  }
}
