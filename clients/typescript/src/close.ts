/**
 * How a connection can end, by WebSocket close code. 4000 and above are Downbeat's own; the rest is
 * RFC 6455 and what proxies send.
 */
const CLOSES = {
  1000: { name: "normal", comesBack: false, means: "both sides are done" },
  1001: { name: "goingAway", comesBack: true, means: "the page or a proxy went away" },
  1002: { name: "protocolError", comesBack: false, means: "a frame that RFC 6455 forbids" },
  1003: { name: "unsupportedData", comesBack: false, means: "a text message on a binary wire" },
  1005: { name: "noStatus", comesBack: true, means: "closed without a word" },
  1006: { name: "connectionLost", comesBack: true, means: "the connection was lost" },
  1007: { name: "invalidText", comesBack: false, means: "text that is not UTF-8" },
  1008: { name: "policyViolation", comesBack: false, means: "a proxy refused the connection" },
  1009: { name: "messageTooBig", comesBack: false, means: "an input over frame_bytes_max" },
  1011: { name: "internalError", comesBack: true, means: "the server cannot go on with it" },
  1012: { name: "serviceRestart", comesBack: true, means: "a proxy restarts" },
  1013: { name: "tryAgainLater", comesBack: true, means: "a proxy is overloaded" },
  1014: { name: "badGateway", comesBack: true, means: "a proxy does not reach the server" },
  1015: { name: "tlsFailed", comesBack: true, means: "TLS failed" },
  4000: { name: "consented", comesBack: false, means: "left for good" },
  4001: { name: "serverShutdown", comesBack: false, means: "the server is shutting down" },
  4002: { name: "roomFailed", comesBack: false, means: "the room has failed" },
  4003: { name: "roomDisposed", comesBack: false, means: "the room has ended" },
  4004: { name: "kicked", comesBack: false, means: "the room sent this client away" },
  4005: { name: "replaced", comesBack: false, means: "a newer connection took the seat" },
  4006: { name: "malformedMessage", comesBack: false, means: "an input the room does not know" },
  4007: { name: "messageRate", comesBack: true, means: "more messages than message_rate_max" },
  4008: { name: "slowReader", comesBack: true, means: "messages were read too slowly" },
  4009: { name: "idleTimeout", comesBack: true, means: "nothing was heard from this client" },
  4010: {
    name: "moved",
    comesBack: true,
    means: "the room's node was lost, or the room moved or cannot be found now",
  },
  4522: { name: "unknownRoom", comesBack: false, means: "no such room here" },
  4524: { name: "seatExpired", comesBack: false, means: "the seat is unknown or expired" },
  4525: { name: "authFailed", comesBack: false, means: "the token was refused" },
  4526: { name: "joinRefused", comesBack: false, means: "the room refused to let in" },
} as const;

type Closes = typeof CLOSES;
/** Close codes with a meaning of their own. */
export type CloseCode = keyof Closes;
/** What a close code is called; `unknown` for one that is not of this protocol. */
export type CloseName = Closes[CloseCode]["name"] | "unknown";

/** How a connection ended. */
export interface CloseReason {
  /** The WebSocket close code. */
  readonly code: number;
  readonly name: CloseName;
  /** What the server said, or else what the code means. */
  readonly message: string;
}

/** Why a room is left for good. */
export interface LeaveReason extends CloseReason {
  /**
   * `closed`: the other side, or this one, ended it. `gaveUp`: the connection was lost and did not
   * come back within the limits of {@link ReconnectionOptions}; the rest is about the last try.
   */
  readonly kind: "closed" | "gaveUp";
  /** Tries to reconnect, when it gave up. */
  readonly attempts: number;
}

/** Names the end of a connection. */
export function closeReason(code: number, message = ""): CloseReason {
  const known = isKnown(code) ? CLOSES[code] : undefined;
  return {
    code,
    name: known?.name ?? "unknown",
    message: message || (known?.means ?? `closed with code ${code}`),
  };
}

/**
 * Whether a new connection to the same seat may go better. A code of a newer server than this
 * library ends the room; one that only the transport can have sent does not.
 */
export function comesBack({ code }: CloseReason): boolean {
  return isKnown(code) ? CLOSES[code].comesBack : code < 4000;
}

function isKnown(code: number): code is CloseCode {
  return Object.hasOwn(CLOSES, code);
}

/** The codes of a matchmaking that failed, also its HTTP status. */
export const MatchmakeCode = {
  /** The options are no JSON object. */
  MalformedBody: 400,
  /** The monitor wants its password, or the right one. */
  PasswordNeeded: 401,
  /** Too many wrong passwords for the monitor. */
  TooManyTries: 429,
  /** The server is shutting down, or is full. */
  Unavailable: 503,
  /** No room type of this name. */
  UnknownName: 520,
  /** `join` found no room that fits. */
  NoRoomFits: 521,
  /** The room id is unknown, or the room is locked or full. */
  UnknownRoomId: 522,
  /** The room refused to be created, or failed. */
  CreateFailed: 523,
  /** The seat or token is unknown, used or expired. */
  SeatExpired: 524,
  /** The token was refused. */
  AuthFailed: 525,
  /** The room refused to let in, or failed. */
  JoinFailed: 526,
} as const;
