import { type CloseReason, closeReason, type LeaveReason } from "../close.js";
import { ConnectionError, type DownbeatError, ProtocolError } from "../errors.js";
import type { Host } from "../host/host.js";
import type { Settings } from "../options.js";
import type { Report, Unsubscribe } from "../signal.js";
import { encodeLeave } from "../wire/encode.js";
import type { SessionId } from "../wire/id.js";
import type { Stamp, Welcome } from "../wire/message.js";
import { Dialogue } from "./dialogue.js";
import { Events } from "./events.js";
import { Heartbeat } from "./heartbeat.js";
import { Inputs } from "./inputs.js";
import { Seat } from "./seat.js";
import { RoomSignals } from "./signals.js";
import type {
  AnyRoom,
  InputArguments,
  NameOf,
  PatchStamp,
  RoomClock,
  RoomPace,
  RoomSeat,
  RoomType,
} from "./types.js";

/**
 * A room that this client is in. Made by {@link Client}.
 *
 * Its state, events and inputs have the types of `T`, or those of the wire where it is left out.
 * Every `on…` returns a function that ends the subscription.
 */
export class Room<T extends RoomType = AnyRoom> {
  readonly roomId: string;
  readonly sessionId: SessionId;
  readonly clock: RoomClock;
  readonly #host: Host;
  readonly #settings: Settings;
  readonly #seat: Seat;
  readonly #inputs: Inputs;
  readonly #events: Events;
  readonly #heartbeat: Heartbeat;
  readonly #dialogue: Dialogue;
  readonly #signals: RoomSignals;
  readonly #joined: Promise<void>;
  #settle: { resolve(): void; reject(error: DownbeatError): void } | undefined;
  #stamp: PatchStamp | undefined;
  #token: string | undefined;
  #fault: DownbeatError | undefined;

  /** @internal */
  constructor(host: Host, settings: Settings, seat: RoomSeat) {
    this.#host = host;
    this.#settings = settings;
    this.roomId = seat.roomId;
    this.sessionId = seat.sessionId;
    this.#token = seat.reconnectionToken;
    this.#joined = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    this.#inputs = new Inputs(settings.inputsMax);
    const report: Report = (error) => host.report(error);
    this.#dialogue = new Dialogue(report);
    this.#signals = new RoomSignals(report);
    this.#events = new Events(report);
    this.#heartbeat = this.#makeHeartbeat();
    this.clock = this.#makeClock();
    this.#seat = this.#makeSeat(seat.urls);
    this.#seat.start();
  }

  /** The tables and singles by their names in the room's struct. */
  get state(): T["state"] {
    // The server vouches for the names and types that the game has generated from its room.
    return this.#dialogue.state as T["state"];
  }

  /** The name of the room's type. */
  get name(): string {
    return this.#dialogue.welcome?.roomName ?? "";
  }

  get pace(): RoomPace {
    const { tickHz = 1, patchEvery = 1 } = this.#dialogue.welcome ?? {};
    return { tickHz, patchEvery, patchMs: (1_000 * patchEvery) / tickHz };
  }

  /** The newest patch or snapshot. */
  get stamp(): PatchStamp | undefined {
    return this.#stamp;
  }

  /** Whether there is a connection now. While there is none, inputs wait. */
  get isConnected(): boolean {
    return this.#seat.open !== undefined;
  }

  /**
   * Opens this seat from another page: `client.reconnect(token)`. Secret, and good for one use: each
   * connection has a new one.
   */
  get reconnectionToken(): string {
    return `${this.roomId}:${this.#token ?? ""}`;
  }

  /** Bytes that the socket has not sent yet. */
  get bufferedBytes(): number {
    return this.#seat.open?.bufferedBytes ?? 0;
  }

  /** Inputs that wait, because there is no connection or it takes no more. */
  get inputsWaiting(): number {
    return this.#inputs.waiting;
  }

  /** Inputs that were never sent, because newer ones took their place in the queue. */
  get inputsDropped(): number {
    return this.#inputs.dropped;
  }

  /**
   * Sends an input by the name of its variant and returns its number: patches say which they
   * contain. Without a connection, or if the socket is full, it waits in a bounded queue.
   *
   * @throws InputError if the payload holds what MessagePack does not know, such as functions.
   */
  send<N extends NameOf<T["inputs"]>>(name: N, ...payload: InputArguments<T["inputs"][N]>): number {
    const number = this.#inputs.push(name, payload[0]);
    this.#flush();
    this.#signals.send.emit(number, name, payload[0]);
    return number;
  }

  /** Sends bytes of the game's own format, to the room's `on_bytes`. They are copied. */
  sendRaw(bytes: Uint8Array): number {
    const number = this.#inputs.pushRaw(bytes);
    this.#flush();
    return number;
  }

  /** Leaves for good: the seat is not held. `onLeave` is called before this returns. */
  leave(): void {
    this.#seat.open?.send(encodeLeave());
    this.#seat.leave();
  }

  /** Listens to one event by the name of its variant. */
  on<N extends NameOf<T["events"]>>(
    name: N,
    listener: (payload: T["events"][N], tick: number) => void,
  ): Unsubscribe {
    return this.#events.on(name, (payload, tick) => listener(payload as T["events"][N], tick));
  }

  /** Listens to all events. */
  onEvent(listener: (name: string, payload: unknown, tick: number) => void): Unsubscribe {
    return this.#events.onAny(listener);
  }

  /** Listens to bytes of the game's own format. */
  onRawEvent(listener: (bytes: Uint8Array, tick: number) => void): Unsubscribe {
    return this.#events.onRaw(listener);
  }

  /** Called after each patch and snapshot, when all that changed has been told. */
  onPatch(listener: (stamp: PatchStamp) => void): Unsubscribe {
    return this.#signals.patch.on(listener);
  }

  /** Called after each `send`, with the number of the input: for prediction. */
  onSend(listener: (number: number, name: string, payload: unknown) => void): Unsubscribe {
    return this.#signals.send.on(listener);
  }

  /** Called when the connection is lost and will be opened again. */
  onDrop(listener: (reason: CloseReason) => void): Unsubscribe {
    return this.#signals.drop.on(listener);
  }

  /** Called when it is there again, with the state of now. */
  onReconnect(listener: () => void): Unsubscribe {
    return this.#signals.reconnect.on(listener);
  }

  /** Called once, when the room is left for good, by whichever side. */
  onLeave(listener: (reason: LeaveReason) => void): Unsubscribe {
    return this.#signals.leave.on(listener);
  }

  /** Called when the server sent what it must not; the room reconnects by itself. */
  onError(listener: (error: DownbeatError) => void): Unsubscribe {
    return this.#signals.error.on(listener);
  }

  /** The clock of `receivedMs`. @internal */
  get nowMs(): number {
    return this.#host.now();
  }

  /** Settles when the first snapshot is there, or never will be. @internal */
  joined(): Promise<void> {
    return this.#joined;
  }

  #makeClock(): RoomClock {
    const { clock } = this.#heartbeat;
    const host = this.#host;
    return {
      get rttMs() {
        return clock.rttMs;
      },
      get offsetMs() {
        return clock.offsetMs;
      },
      serverNow: () => clock.serverNow(host.now()),
    };
  }

  #makeHeartbeat(): Heartbeat {
    return new Heartbeat(this.#host, this.#settings, {
      send: (ping) => {
        this.#seat.open?.send(ping);
        this.#flush();
      },
      silent: (silenceMs) => this.#fail(closeReason(1006, `silence for ${silenceMs} ms`)),
    });
  }

  #makeSeat(seatUrls: readonly URL[]): Seat {
    const { timeoutMs, reconnection } = this.#settings;
    const urls = () => seatUrls.map((url) => this.#seatUrl(url));
    const options = { timeoutMs, reconnection, urls };
    return new Seat(this.#host, options, {
      message: (bytes) => this.#hear(bytes),
      dropped: (reason) => {
        this.#await();
        this.#signals.drop.emit(reason);
      },
      left: (reason) => this.#left(reason),
    });
  }

  #seatUrl(seat: URL): string {
    const url = new URL(seat);
    url.searchParams.set("sessionId", this.sessionId);
    if (this.#token) url.searchParams.set("reconnectionToken", this.#token);
    return url.href;
  }

  #hear(bytes: Uint8Array): void {
    this.#heartbeat.heard();
    try {
      this.#understand(bytes);
    } catch (error) {
      this.#misunderstand(error);
    }
    this.#flush();
  }

  #understand(bytes: Uint8Array): void {
    const message = this.#dialogue.hear(bytes);
    switch (message.type) {
      case "welcome":
        return this.#takeWelcome(message.welcome);
      case "snapshot":
      case "patch":
        return this.#takePatch(message.type, message.stamp, bytes.byteLength);
      case "event":
      case "rawEvent":
        return this.#events.hear(message.type, message.tick, message.payload);
      case "pong":
        return this.#heartbeat.pong(message.clientTimeMs, message.serverTimeMs);
    }
  }

  #takeWelcome({ reconnectionToken, stamp }: Welcome): void {
    this.#token = reconnectionToken;
    this.#inputs.restart(stamp.ackedInput);
  }

  #takePatch(kind: "snapshot" | "patch", stamp: Stamp, bytes: number): void {
    // A listener of the state may have left.
    if (this.#seat.isLeft) return;
    this.#inputs.acknowledge(stamp.ackedInput);
    if (!this.isConnected) this.#seated();
    this.#stamp = { ...stamp, kind, receivedMs: this.#host.now(), bytes };
    this.#signals.patch.emit(this.#stamp);
  }

  #seated(): void {
    this.#seat.seated();
    this.#heartbeat.start();
    if (!this.#settle) return this.#signals.reconnect.emit();
    this.#settle.resolve();
    this.#settle = undefined;
    // Whoever awaits the room listens when this task is over.
    this.#host.after(0, () => this.#events.begin());
  }

  #misunderstand(cause: unknown): void {
    const error =
      cause instanceof ProtocolError
        ? cause
        : new ProtocolError(`a message that cannot be read: ${String(cause)}`, { cause });
    this.#fault = error;
    this.#signals.error.emit(error);
    if (!this.#seat.isLeft) this.#fail(closeReason(4006, error.message));
  }

  #fail(reason: CloseReason): void {
    this.#seat.fail(reason);
  }

  /** The next message is that of a new connection. */
  #await(): void {
    this.#heartbeat.stop();
    this.#dialogue.restart();
  }

  #left(reason: LeaveReason): void {
    this.#await();
    const { message } = reason;
    this.#settle?.reject(this.#fault ?? new ConnectionError(message, reason));
    this.#settle = undefined;
    this.#signals.leave.emit(reason);
  }

  #flush(): void {
    const connection = this.#seat.open;
    if (!connection) return;
    const admits = () => connection.bufferedBytes < this.#settings.bufferedBytesMax;
    for (const bytes of this.#inputs.unsent(admits)) connection.send(bytes);
  }
}
