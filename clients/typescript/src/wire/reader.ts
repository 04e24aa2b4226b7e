import { ProtocolError } from "../errors.js";

const HIGH = 2 ** 32;
/** Bits above these do not fit a number exactly. */
const HIGH_SAFE_MAX = 2 ** 21;
const U32_MAX = 0xffff_ffff;

const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Reads little-endian values, one after the other. Never beyond its end. */
export class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;
  #end: number;
  /** The upper half of the last {@link varint64}. */
  high = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#end = bytes.byteLength;
  }

  /** Bytes that are not read yet. */
  get left(): number {
    return this.#end - this.#at;
  }

  /** Ends the bytes `size` further on, until {@link leave} with what this returns. */
  enter(size: number): number {
    const end = this.#end;
    this.#end = this.#at + this.#need(size);
    return end;
  }

  leave(end: number): void {
    this.#end = end;
  }

  pass(size: number): void {
    this.#take(size);
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2), true);
  }

  u24(): number {
    const at = this.#take(3);
    return this.#view.getUint16(at, true) | (this.#view.getUint8(at + 2) << 16);
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  u64(): bigint {
    return this.#view.getBigUint64(this.#take(8), true);
  }

  i8(): number {
    return this.#view.getInt8(this.#take(1));
  }

  i16(): number {
    return this.#view.getInt16(this.#take(2), true);
  }

  i32(): number {
    return this.#view.getInt32(this.#take(4), true);
  }

  i64(): bigint {
    return this.#view.getBigInt64(this.#take(8), true);
  }

  f32(): number {
    return this.#view.getFloat32(this.#take(4), true);
  }

  f64(): number {
    return this.#view.getFloat64(this.#take(8), true);
  }

  flag(): boolean {
    const byte = this.u8();
    if (byte > 1) throw new ProtocolError(`a flag of ${byte}: expected 0 or 1`);
    return byte === 1;
  }

  /** A length as varint, then UTF-8. */
  string(): string {
    const length = this.varint32();
    const at = this.#take(length);
    try {
      return text.decode(this.#bytes.subarray(at, at + length));
    } catch {
      throw new ProtocolError("a text that is not UTF-8");
    }
  }

  /** A whole number, seven bits a byte, lowest first. */
  varint(): number {
    const low = this.varint64();
    if (this.high >= HIGH_SAFE_MAX) throw new ProtocolError("a number beyond 2^53");
    return this.high * HIGH + low;
  }

  varint32(): number {
    const number = this.varint();
    if (number > U32_MAX) throw new ProtocolError(`a number out of range: ${number}`);
    return number;
  }

  /** Returns the lower half and leaves the upper one in {@link high}. */
  varint64(): number {
    let low = 0;
    this.high = 0;
    for (let shift = 0; shift < 64; shift += 7) {
      const byte = this.u8();
      const bits = byte & 0x7f;
      if (shift === 63 && bits > 1) break;
      if (shift < 32) low |= bits << shift;
      if (shift > 28) this.high |= bits << (shift - 32);
      else if (shift === 28) this.high |= bits >>> 4;
      if (byte < 0x80) {
        this.high >>>= 0;
        return low >>> 0;
      }
    }
    throw new ProtocolError("a number beyond 64 bits");
  }

  #take(size: number): number {
    const at = this.#at;
    this.#at += this.#need(size);
    return at;
  }

  #need(size: number): number {
    if (size > this.left) {
      throw new ProtocolError(`the bytes end too early: ${size} needed, ${this.left} left`);
    }
    return size;
  }
}
