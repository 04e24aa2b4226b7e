// A world without time and network of its own: the tests say what happens, and when.
import { Client } from "../../src/client.js";
import type { Host, Socket } from "../../src/host/host.js";
import type { ClientOptions } from "../../src/options.js";
import type { Room } from "../../src/room/room.js";
import type { AnyRoom } from "../../src/room/types.js";
import { type FromClient, RowsWriter, readClientMessage, writeRows, writeWelcome } from "./wire.js";

interface Timer {
  readonly at: number;
  readonly call: () => void;
}

export class World implements Host {
  /** Far from zero: a page may have been open for an hour. */
  time = 3_600_000;
  /** What each draw gives. */
  luck = 0;
  readonly sockets: FakeSocket[] = [];
  readonly reported: unknown[] = [];
  readonly requests: { readonly url: string; readonly init: RequestInit }[] = [];
  /** Answers matchmaking. */
  answer: () => Response = () =>
    Response.json({ name: "test", sessionId: "s", roomId: "r", processId: "p" });
  #timers = new Set<Timer>();
  #online = new Set<() => void>();

  now(): number {
    return this.time;
  }

  random(): number {
    return this.luck;
  }

  after(delayMs: number, call: () => void): () => void {
    const timer = { at: this.time + delayMs, call };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  openSocket(url: string): Socket {
    const socket = new FakeSocket(url);
    this.sockets.push(socket);
    return socket as unknown as Socket;
  }

  async fetch(url: string, init: RequestInit): Promise<Response> {
    this.requests.push({ url, init });
    return this.answer();
  }

  report(error: unknown): void {
    this.reported.push(error);
  }

  onOnline(call: () => void): () => void {
    this.#online.add(call);
    return () => this.#online.delete(call);
  }

  goOnline(): void {
    for (const call of this.#online) call();
  }

  /** Timers that are set: none may be left when a room is. */
  get timers(): number {
    return this.#timers.size;
  }

  get listensForOnline(): boolean {
    return this.#online.size > 0;
  }

  /** Lets time pass, timer by timer. */
  pass(ms: number): void {
    const end = this.time + ms;
    for (;;) {
      const due = [...this.#timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (!due) break;
      this.#timers.delete(due);
      this.time = Math.max(this.time, due.at);
      due.call();
    }
    this.time = end;
  }

  /** Nothing runs for a while; what was due comes late, and once. */
  sleep(ms: number): void {
    this.time += ms;
    this.pass(0);
  }

  get socket(): FakeSocket {
    const socket = this.sockets.at(-1);
    if (!socket) throw new Error("no socket was opened");
    return socket;
  }

  /** Joins a room of one player at 0, 0. */
  async join(options: ClientOptions = {}): Promise<Room<AnyRoom>> {
    const client = new Client("http://localhost:2567", { ...options, host: this });
    const joining = client.joinOrCreate("test");
    await turns();
    this.welcome();
    return joining;
  }

  /** The newest connection is let in. */
  welcome(token = `token-${this.sockets.length}`, ackedInput = 0): void {
    this.socket.open();
    this.socket.say(writeWelcome({ token, ackedInput }));
    this.socket.say(writeRows("snapshot", ONE_PLAYER, { ackedInput }));
  }
}

/** Lets promises settle. */
export async function turns(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

export const ONE_PLAYER = new RowsWriter().insert([1], [[0], [0]]).bytes();
/** The key of that player. */
export const PLAYER = "0000000000001";

export class FakeSocket {
  binaryType = "blob";
  bufferedAmount = 0;
  onopen: (() => void) | undefined;
  onmessage: ((event: { data: unknown }) => void) | undefined;
  onclose: ((event: { code: number; reason: string }) => void) | undefined;
  onerror: (() => void) | undefined;
  readonly heard: FromClient[] = [];
  closedWith: number | undefined;

  constructor(readonly url: string) {}

  get inputs(): number[] {
    return this.heard.flatMap((message) => ("seq" in message ? [message.seq] : []));
  }

  get parameters(): URLSearchParams {
    return new URL(this.url).searchParams;
  }

  send(bytes: Uint8Array): void {
    this.heard.push(readClientMessage(bytes));
  }

  close(code?: number): void {
    this.closedWith = code ?? 1005;
  }

  open(): void {
    this.onopen?.();
  }

  say(bytes: Uint8Array): void {
    this.onmessage?.({ data: new Uint8Array(bytes).buffer });
  }

  sayText(text: string): void {
    this.onmessage?.({ data: text });
  }

  /** The server or the network ends it. */
  end(code: number, reason = ""): void {
    this.onclose?.({ code, reason });
  }
}
