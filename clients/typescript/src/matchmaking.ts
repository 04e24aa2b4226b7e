import { ConnectionError, MatchmakeError } from "./errors.js";
import type { Host } from "./host/host.js";
import type { SessionId } from "./wire/id.js";

/** A seat that is reserved: an answer of matchmaking, or what a queue sends as `seat`. */
export interface SeatReservation {
  readonly name: string;
  readonly sessionId: SessionId;
  readonly roomId: string;
  readonly processId: string;
  /** Where the server is reached directly, if that is another place. */
  readonly publicAddress?: string;
}

/** One open room. */
export interface RoomListing {
  readonly roomId: string;
  readonly name: string;
  readonly processId: string;
  readonly shard: number;
  readonly clients: number;
  readonly maxClients: number;
  readonly locked: boolean;
  /** What the room tells of itself. */
  readonly metadata: unknown;
  readonly publicAddress?: string;
}

/** How a seat is asked for. */
export type Method = "joinOrCreate" | "create" | "join" | "joinById" | "reconnect";

/** The HTTP side of one server. */
export class Matchmaking {
  readonly #host: Host;
  readonly #base: URL;
  readonly #token: string | undefined;
  readonly #timeoutMs: number;

  constructor(host: Host, base: URL, token: string | undefined, timeoutMs: number) {
    this.#host = host;
    this.#base = base;
    this.#token = token;
    this.#timeoutMs = timeoutMs;
  }

  async seat(method: Method, target: string, options: object): Promise<SeatReservation> {
    const path = `matchmake/${method}/${encodeURIComponent(target)}`;
    const body = JSON.stringify(options);
    const headers = { "Content-Type": "application/json" };
    const seat = await this.#request(path, { method: "POST", headers, body });
    if (!isSeat(seat)) throw this.#noServer("answers matchmaking in a way of its own");
    return seat;
  }

  async rooms(name: string | undefined): Promise<readonly RoomListing[]> {
    const query = name === undefined ? "" : `?name=${encodeURIComponent(name)}`;
    const rooms = await this.#request(`rooms${query}`, {});
    if (!Array.isArray(rooms)) throw this.#noServer("lists no rooms");
    return rooms as RoomListing[];
  }

  /** The WebSocket of a seat. */
  socketUrl({ processId, roomId, publicAddress }: SeatReservation): URL {
    const { protocol } = this.#base;
    const base = publicAddress ? new URL(`${protocol}//${publicAddress}/`) : this.#base;
    const url = new URL(`${processId}/${roomId}`, base);
    url.protocol = protocol === "https:" ? "wss:" : "ws:";
    return url;
  }

  async #request(path: string, init: RequestInit): Promise<unknown> {
    const headers = new Headers(init.headers);
    if (this.#token !== undefined) headers.set("Authorization", `Bearer ${this.#token}`);
    const signal = AbortSignal.timeout(this.#timeoutMs);
    const url = new URL(path, this.#base).href;
    const response = await this.#host.fetch(url, { ...init, headers, signal }).catch((cause) => {
      throw new ConnectionError(`${this.#base.host} is not reached`, undefined, { cause });
    });
    const body: unknown = await response.json().catch(() => undefined);
    if (response.ok) return body;
    throw new MatchmakeError(response.status, errorText(body) ?? `HTTP status ${response.status}`);
  }

  #noServer(does: string): ConnectionError {
    return new ConnectionError(`${this.#base.host} ${does}: is it a Downbeat server?`);
  }
}

function isSeat(body: unknown): body is SeatReservation {
  const seat = body as Partial<SeatReservation> | undefined | null;
  const words = [seat?.name, seat?.sessionId, seat?.roomId, seat?.processId];
  return words.every((word) => typeof word === "string");
}

function errorText(body: unknown): string | undefined {
  const error = (body as { error?: unknown } | undefined | null)?.error;
  return typeof error === "string" ? error : undefined;
}
