import { MatchmakeError } from "./errors.js";
import { type Host, platformHost } from "./host/host.js";
import { Matchmaking, type Method, type RoomListing, type SeatReservation } from "./matchmaking.js";
import { type ClientOptions, type Settings, settingsOf } from "./options.js";
import { Room } from "./room/room.js";
import type { AnyRoom, RoomType } from "./room/types.js";

/**
 * The way to the rooms of a server.
 *
 * ```ts
 * const client = new Client("http://localhost:2567");
 * const room = await client.joinOrCreate<ArenaRoom>("arena");
 * ```
 *
 * Each method that gives a room rejects with {@link MatchmakeError}, which has the server's code
 * and words, or with {@link ConnectionError} if the server is not reached.
 */
export class Client {
  readonly #host: Host;
  readonly #settings: Settings;
  readonly #matchmaking: Matchmaking;

  /** @param url the server's address, `http:` or `https:` */
  constructor(url: string | URL, options: ClientOptions = {}) {
    const base = new URL(url);
    // Paths are joined behind it, not in place of its last part.
    if (!base.pathname.endsWith("/")) base.pathname += "/";
    this.#host = options.host ?? platformHost(options);
    this.#settings = settingsOf(options);
    const { token, timeoutMs } = this.#settings;
    this.#matchmaking = new Matchmaking(this.#host, base, token, timeoutMs);
  }

  /** Joins a room of this type that fits the options, or a new one. */
  joinOrCreate<T extends RoomType = AnyRoom>(name: string, options: object = {}): Promise<Room<T>> {
    return this.#enter("joinOrCreate", name, options);
  }

  /** Joins a new room. */
  create<T extends RoomType = AnyRoom>(name: string, options: object = {}): Promise<Room<T>> {
    return this.#enter("create", name, options);
  }

  /** Joins a room that is there. */
  join<T extends RoomType = AnyRoom>(name: string, options: object = {}): Promise<Room<T>> {
    return this.#enter("join", name, options);
  }

  /** Joins this very room. */
  joinById<T extends RoomType = AnyRoom>(roomId: string, options: object = {}): Promise<Room<T>> {
    return this.#enter("joinById", roomId, options);
  }

  /** Takes a seat again, with what `room.reconnectionToken` was before the page was loaded anew. */
  async reconnect<T extends RoomType = AnyRoom>(token: string): Promise<Room<T>> {
    const [roomId, secret] = token.split(":");
    if (!roomId || !secret) throw new MatchmakeError(524, "this is no reconnection token");
    return this.#enter("reconnect", roomId, { reconnectionToken: secret }, secret);
  }

  /** Takes a seat that was reserved for this client: what a queue sends as `seat`. */
  consumeSeatReservation<T extends RoomType = AnyRoom>(seat: SeatReservation): Promise<Room<T>> {
    return this.#take(seat);
  }

  /** The open rooms, of one type or of all. */
  rooms(name?: string): Promise<readonly RoomListing[]> {
    return this.#matchmaking.rooms(name);
  }

  async #enter<T extends RoomType>(
    method: Method,
    target: string,
    options: object,
    reconnectionToken?: string,
  ): Promise<Room<T>> {
    const seat = await this.#matchmaking.seat(method, target, options);
    return this.#take(seat, reconnectionToken);
  }

  async #take<T extends RoomType>(
    seat: SeatReservation,
    reconnectionToken?: string,
  ): Promise<Room<T>> {
    const { roomId, sessionId } = seat;
    const url = this.#matchmaking.socketUrl(seat);
    const room = new Room<T>(this.#host, this.#settings, {
      roomId,
      sessionId,
      url,
      reconnectionToken,
    });
    await room.joined();
    return room;
  }
}
