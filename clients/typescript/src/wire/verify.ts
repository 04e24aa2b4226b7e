import { ProtocolError } from "../errors.js";
import { ServerBody } from "../generated/downbeat/wire/server-body.js";

/**
 * Verifies that bytes are a FlatBuffer of `schemas/fbs/server.fbs`: that every offset stays inside,
 * every required part is there, and that following them ends. The runtime for JavaScript has no
 * verifier and reads beyond the end as zeros, or as the bytes of somebody else.
 *
 * @throws ProtocolError where they are none. An unknown body is not looked into.
 */
export function verifyServerMessage(bytes: Uint8Array): void {
  const from = new Verifier(bytes);
  const message = from.root();
  const bodyTypeAt = message.scalar(0, 1);
  const body = message.table(1, REQUIRED);
  switch (bodyTypeAt === 0 ? ServerBody.NONE : bytes[bodyTypeAt]) {
    case ServerBody.Welcome:
      return verifyWelcome(body);
    case ServerBody.Snapshot:
    case ServerBody.Patch:
      body.struct(0, STAMP_BYTES);
      return body.bytes(1, REQUIRED);
    case ServerBody.Event:
    case ServerBody.RawEvent:
      body.scalar(0, 4);
      return body.bytes(1, REQUIRED);
    case ServerBody.Pong:
      body.scalar(0, 8);
      body.scalar(1, 8);
  }
}

const STAMP_BYTES = 16;
const REQUIRED = true;

function verifyWelcome(welcome: Table): void {
  for (const [field, size] of [2, 8, 0, 0, 0, 2, 2].entries()) {
    if (size > 0) welcome.scalar(field, size);
    else welcome.bytes(field, REQUIRED);
  }
  welcome.struct(7, STAMP_BYTES);
  welcome.table(8, REQUIRED).tables(0, REQUIRED, (table) => {
    table.bytes(0, REQUIRED);
    const key = table.maybeTable(1);
    if (key) verifyType(key);
    table.tables(2, REQUIRED, verifyField);
  });
}

function verifyField(field: Table): void {
  field.bytes(0, REQUIRED);
  verifyType(field.table(1, REQUIRED));
}

function verifyType(type: Table): void {
  type.scalar(0, 1);
  const element = type.maybeTable(1);
  if (element) verifyType(element);
  type.scalar(2, 4);
  type.tables(3, !REQUIRED, verifyField);
  type.scalar(4, 8);
  type.scalar(5, 8);
  type.scalar(6, 1);
}

/** A Welcome nests types in fields in tables: the depth bounds the stack, the count the time. */
const DEPTH_MAX = 64;
const TABLES_MAX = 65_536;
const OFFSET_BYTES = 4;

class Verifier {
  readonly #view: DataView;
  #tables = 0;

  constructor(bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  root(): Table {
    return this.table(this.follow(0), 0);
  }

  table(at: number, depth: number): Table {
    this.#tables += 1;
    if (depth > DEPTH_MAX || this.#tables > TABLES_MAX) throw odd("nested too deeply");
    this.need(at, OFFSET_BYTES);
    const vtable = at - this.#view.getInt32(at, true);
    this.need(vtable, 4);
    const vtableBytes = this.u16(vtable);
    const tableBytes = this.u16(vtable + 2);
    if (vtableBytes < 4 || vtableBytes % 2 !== 0) throw odd("a table of odd shape");
    this.need(vtable, vtableBytes);
    this.need(at, tableBytes);
    return new Table(this, { at, vtable, vtableBytes, tableBytes, depth });
  }

  /** Where the offset at `at` leads: always forward, so that no path is a circle. */
  follow(at: number): number {
    const distance = this.u32(at);
    if (distance === 0) throw odd("an offset to itself");
    this.need(at, distance);
    return at + distance;
  }

  /** Fails if the vector at `at` leaves the bytes; gives its length. */
  vector(at: number, itemBytes: number): number {
    const length = this.u32(at);
    this.need(at + OFFSET_BYTES, length * itemBytes);
    return length;
  }

  u16(at: number): number {
    this.need(at, 2);
    return this.#view.getUint16(at, true);
  }

  u32(at: number): number {
    this.need(at, 4);
    return this.#view.getUint32(at, true);
  }

  need(at: number, size: number): void {
    if (at < 0 || at + size > this.#view.byteLength) throw odd("an offset beyond the bytes");
  }
}

interface TableShape {
  readonly at: number;
  readonly vtable: number;
  readonly vtableBytes: number;
  readonly tableBytes: number;
  readonly depth: number;
}

/** A table inside the bytes, whose fields are still to be verified, by number. */
class Table {
  readonly #from: Verifier;
  readonly #shape: TableShape;

  constructor(from: Verifier, shape: TableShape) {
    this.#from = from;
    this.#shape = shape;
  }

  /** The position of a field; 0 if it is left out. */
  scalar(field: number, size: number): number {
    const { at, vtable, vtableBytes, tableBytes } = this.#shape;
    const entry = 4 + 2 * field;
    const offset = entry < vtableBytes ? this.#from.u16(vtable + entry) : 0;
    if (offset === 0) return 0;
    if (offset + size > tableBytes) throw odd("a field beyond its table");
    return at + offset;
  }

  struct(field: number, size: number): void {
    if (this.scalar(field, size) === 0) throw odd("a required part is missing");
  }

  /** A vector of bytes or a string. */
  bytes(field: number, required: boolean): void {
    const at = this.#reference(field, required);
    if (at > 0) this.#from.vector(at, 1);
  }

  table(field: number, required: boolean): Table {
    return this.#from.table(this.#reference(field, required), this.#shape.depth + 1);
  }

  maybeTable(field: number): Table | null {
    return this.scalar(field, OFFSET_BYTES) === 0 ? null : this.table(field, REQUIRED);
  }

  tables(field: number, required: boolean, visit: (item: Table) => void): void {
    const at = this.#reference(field, required);
    if (at === 0) return;
    const length = this.#from.vector(at, OFFSET_BYTES);
    for (let index = 0; index < length; index++) {
      const item = this.#from.follow(at + OFFSET_BYTES * (1 + index));
      visit(this.#from.table(item, this.#shape.depth + 1));
    }
  }

  #reference(field: number, required: boolean): number {
    const at = this.scalar(field, OFFSET_BYTES);
    if (at === 0 && required) throw odd("a required part is missing");
    return at === 0 ? 0 : this.#from.follow(at);
  }
}

function odd(found: string): ProtocolError {
  return new ProtocolError(`not a FlatBuffers ServerMessage: ${found}`);
}
