import type { Host } from "./host/host.js";

/** How a lost connection is opened again. */
export interface ReconnectionOptions {
  /** Whether it is. Default true. */
  readonly enabled?: boolean;
  /** The delay before the second try, milliseconds; the first is made at once. Default 200. */
  readonly delayMs?: number;
  /** By how much each further delay is longer. Default 2. */
  readonly factor?: number;
  /** The longest delay, milliseconds. Default 5,000. */
  readonly delayMaxMs?: number;
  /** The part of a delay that is drawn at random, 0 to 1, so that not all clients come at once. Default 0.5. */
  readonly jitter?: number;
  /** How long one try may take, milliseconds. Default 8,000. */
  readonly attemptMs?: number;
  /** How long after the loss it gives up, milliseconds. Default 60,000. */
  readonly giveUpMs?: number;
}

/** Bounds of one room's connection. */
export interface ConnectionOptions {
  /** Between two pings, milliseconds. Default 2,000. */
  readonly pingMs?: number;
  /** Silence after a ping that means the network is cut, milliseconds. Default 6,000. */
  readonly silenceMs?: number;
  /**
   * Inputs kept until the server has acknowledged them, to be sent again after a reconnection. The
   * oldest gives way. Default 48: a server takes 64 of one client before a tick, so what is sent
   * again and what is new fit in.
   */
  readonly inputsMax?: number;
  /** Bytes that may wait in the socket; beyond, inputs wait in the queue above. Default 65,536. */
  readonly bufferedBytesMax?: number;
}

/** How a client reaches its server. */
export interface ClientOptions extends ConnectionOptions {
  /** Sent to the server's `on_auth` as bearer token. */
  readonly token?: string;
  readonly reconnection?: ReconnectionOptions;
  /** How long matchmaking, and then joining, may take, milliseconds. Default 15,000. */
  readonly timeoutMs?: number;
  /** Another WebSocket class than that of the platform. */
  readonly WebSocket?: typeof WebSocket;
  /** Another fetch than that of the platform. */
  readonly fetch?: typeof fetch;
  /** Another world, for tests. @internal */
  readonly host?: Host;
}

/** Options with nothing left open. */
export interface Settings extends Required<ConnectionOptions> {
  readonly token: string | undefined;
  readonly timeoutMs: number;
  readonly reconnection: Required<ReconnectionOptions>;
}

/** Fills in the defaults. */
export function settingsOf(options: ClientOptions): Settings {
  return {
    token: options.token,
    timeoutMs: options.timeoutMs ?? 15_000,
    pingMs: options.pingMs ?? 2_000,
    silenceMs: options.silenceMs ?? 6_000,
    inputsMax: options.inputsMax ?? 48,
    bufferedBytesMax: options.bufferedBytesMax ?? 65_536,
    reconnection: {
      enabled: true,
      delayMs: 200,
      factor: 2,
      delayMaxMs: 5_000,
      jitter: 0.5,
      attemptMs: 8_000,
      giveUpMs: 60_000,
      ...options.reconnection,
    },
  };
}
