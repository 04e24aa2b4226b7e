import { ProtocolError } from "../errors.js";
import type { Report } from "../signal.js";
import { type AnyState, Mirror } from "../state/mirror.js";
import {
  decodeServerMessage,
  PROTOCOL,
  type ServerMessage,
  type Welcome,
} from "../wire/message.js";

/**
 * What the server says, in the order in which it may: a Welcome, a Snapshot, then Patches and
 * Snapshots, with events in between; and the same again on each further connection. Knows no
 * socket and no clock.
 */
export class Dialogue {
  readonly #report: Report;
  #expects: "welcome" | "snapshot" | "patches" = "welcome";
  #welcome: Welcome | undefined;
  #mirror: Mirror | undefined;

  constructor(report: Report) {
    this.#report = report;
  }

  /** The newest one. */
  get welcome(): Welcome | undefined {
    return this.#welcome;
  }

  get state(): AnyState {
    return this.#mirror?.state ?? {};
  }

  /** The next message is the first of a connection. */
  restart(): void {
    this.#expects = "welcome";
  }

  /**
   * Reads a message and takes what it says of the state. Listeners of the state are told.
   *
   * @throws ProtocolError if this is not what the server may say now; the state has not changed.
   */
  hear(bytes: Uint8Array): ServerMessage {
    const message = decodeServerMessage(bytes);
    switch (message.type) {
      case "welcome":
        this.#expect("welcome");
        this.#takeWelcome(message.welcome);
        break;
      case "snapshot":
        this.#expect("snapshot", "patches");
        this.#takeRows("snapshot", message.rows);
        break;
      case "patch":
        this.#expect("patches");
        this.#takeRows("patch", message.rows);
        break;
      case "event":
      case "rawEvent":
        this.#expect("snapshot", "patches");
    }
    return message;
  }

  #takeWelcome(welcome: Welcome): void {
    if (welcome.protocol !== PROTOCOL) {
      const found = `the server speaks protocol ${welcome.protocol}`;
      throw new ProtocolError(
        `${found}, this library ${PROTOCOL}: use the library of that release`,
      );
    }
    if (!this.#mirror) this.#mirror = new Mirror(welcome.schema, this.#report);
    else if (JSON.stringify(this.#welcome?.schema) !== JSON.stringify(welcome.schema)) {
      throw new ProtocolError("the room came back with other tables");
    }
    this.#welcome = welcome;
    this.#expects = "snapshot";
  }

  #takeRows(kind: "snapshot" | "patch", rows: Uint8Array): void {
    const expected = this.#expects;
    // Before the listeners hear: one of them may leave, and that restarts.
    this.#expects = "patches";
    try {
      this.#mirror?.apply(kind, rows);
    } catch (error) {
      this.#expects = expected;
      throw error;
    }
  }

  #expect(...expected: string[]): void {
    if (!expected.includes(this.#expects)) {
      throw new ProtocolError(`a message out of order: expected ${this.#expects}`);
    }
  }
}
