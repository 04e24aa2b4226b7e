import { decode, encode } from "@msgpack/msgpack";
import { InputError, ProtocolError } from "../errors.js";

/** A variant of an enum as serde tags it externally: a name alone, or a map of one name. */
export interface Variant {
  readonly name: string;
  readonly payload: unknown;
}

/** @throws InputError if the payload holds what MessagePack does not know, such as functions. */
export function encodeVariant(name: string, payload: unknown): Uint8Array {
  try {
    return encode(payload === undefined ? name : { [name]: payload }, { useBigInt64: true });
  } catch (cause) {
    throw new InputError(`\`${name}\` cannot be sent: ${(cause as Error).message}`, { cause });
  }
}

/** @throws ProtocolError if the bytes are no variant. */
export function decodeVariant(bytes: Uint8Array): Variant {
  const value = decodeValue(bytes);
  if (typeof value === "string") return { name: value, payload: undefined };
  const entries = typeof value === "object" && value !== null ? Object.entries(value) : [];
  const [entry] = entries;
  if (!entry || entries.length > 1 || Array.isArray(value)) {
    throw new ProtocolError("an event that is no externally tagged enum");
  }
  return { name: entry[0], payload: entry[1] };
}

function decodeValue(bytes: Uint8Array): unknown {
  // Each item has a byte at least: a length that lies takes no memory.
  const max = bytes.length;
  const limits = { maxArrayLength: max, maxMapLength: max, maxStrLength: max, maxBinLength: max };
  try {
    return narrowed(decode(bytes, { ...limits, useBigInt64: true }), 0);
  } catch (cause) {
    throw new ProtocolError(`not MessagePack: ${(cause as Error).message}`, { cause });
  }
}

const DEPTH_MAX = 64;

/** Makes a number of each bigint that fits: only session ids and their like stay bigints. */
function narrowed(value: unknown, depth: number): unknown {
  if (typeof value === "bigint") {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value;
  }
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return value;
  if (depth > DEPTH_MAX) throw new RangeError("nested too deeply");
  const items = value as { [key: string]: unknown };
  for (const key of Object.keys(items)) items[key] = narrowed(items[key], depth + 1);
  return items;
}
