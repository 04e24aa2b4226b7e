import type { CloseReason } from "./close.js";

/** What all errors of this library are. */
export class DownbeatError extends Error {
  override readonly name: string = "DownbeatError";
}

/** The server gave no seat: its code and its words. */
export class MatchmakeError extends DownbeatError {
  override readonly name = "MatchmakeError";

  constructor(
    /** {@link MatchmakeCode}, or the HTTP status of something between here and the server. */
    readonly code: number,
    message: string,
  ) {
    super(message);
  }
}

/** The server was not reached, or it closed the connection before the room was joined. */
export class ConnectionError extends DownbeatError {
  override readonly name = "ConnectionError";

  constructor(
    message: string,
    /** How the connection ended, if there was one. */
    readonly reason?: CloseReason,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Bytes of the server that are no message of this protocol. The room reconnects by itself. */
export class ProtocolError extends DownbeatError {
  override readonly name = "ProtocolError";
}

/** An input that could not be sent: larger or odder than the wire allows. */
export class InputError extends DownbeatError {
  override readonly name = "InputError";
}
