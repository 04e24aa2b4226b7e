// Plays with `@downbeat/client`, by a load balancer: `node balanced.mjs http://127.0.0.1:80`, with
// the client's file in DOWNBEAT_TEST_SDK.
//
// Says a line with ` ok` of each thing that went well, and of each connection where it went. Ends
// with 0 if all did.
import assert from "node:assert";
import { createRequire } from "node:module";

const sdk = process.env.DOWNBEAT_TEST_SDK;
const { Client } = await import(sdk);
const { WebSocket } = createRequire(sdk)("ws");
const [server] = process.argv.slice(2);

const PLAYERS = 9;
/** Longer than any busy machine needs. */
const PATIENCE_MS = 100_000;

async function until(what, happened) {
  const end = performance.now() + PATIENCE_MS;
  while (!happened()) {
    assert(performance.now() < end, `waited in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** A client whose connection can be cut. */
class Player {
  #sockets = [];
  reconnections = 0;

  constructor(name) {
    const sockets = this.#sockets;
    class Cuttable extends WebSocket {
      constructor(url, protocols) {
        super(url, protocols, { allowSynchronousEvents: false, perMessageDeflate: false });
        sockets.push(this);
        this.on("open", () => console.log(`connected to ${new URL(url).host}`));
      }
    }
    this.name = name;
    this.client = new Client(server, { WebSocket: Cuttable });
  }

  async join() {
    const options = { name: this.name, channel: "balanced" };
    this.room = await this.client.joinOrCreate("chat", options);
    this.room.onReconnect(() => this.reconnections++);
    this.left = new Promise((resolve) => this.room.onLeave(resolve));
  }

  say(text) {
    this.room.send("say", { text: `${this.name} ${text}` });
  }

  get lines() {
    return [...this.room.state.history.values()].map(({ text }) => text);
  }

  /** Without a word, as a network does. */
  cut() {
    this.#sockets.at(-1).terminate();
  }
}

async function allHear(players, texts) {
  const expected = players.flatMap(({ name }) => texts.map((text) => `${name} ${text}`)).sort();
  for (const { name, room } of players) {
    await until(`${name} hears all`, () => room.state.history.size >= expected.length);
  }
  const [first, ...others] = players.map(({ lines }) => lines);
  for (const lines of others) assert.deepStrictEqual(lines, first);
  assert.deepStrictEqual([...first].sort(), expected);
}

const players = Array.from({ length: PLAYERS }, (_, number) => new Player(`player ${number}`));
await Promise.all(players.map((player) => player.join()));
const rooms = new Set(players.map(({ room }) => room.roomId));
const sessions = new Set(players.map(({ room }) => room.sessionId));
assert.deepStrictEqual([rooms.size, sessions.size], [1, PLAYERS]);
console.log("all are in one room ok");

for (const player of players) player.say("hello");
await allHear(players, ["hello"]);
console.log("all hear all ok");

for (const player of players) player.cut();
for (const player of players) player.say("still here");
await until("all come back", () => players.every(({ reconnections }) => reconnections === 1));
await allHear(players, ["hello", "still here"]);
const after = new Set(players.map(({ room }) => room.sessionId));
assert.deepStrictEqual(after, sessions);
console.log("all come back to their seats, and nothing is lost ok");

const [room] = await players[0].client.rooms("chat");
assert.strictEqual(room.clients, PLAYERS);
for (const { room, left } of players) {
  room.leave();
  assert.strictEqual((await left).name, "consented");
}
for (let listed = [room]; listed.length > 0; ) listed = await players[0].client.rooms("chat");
console.log("the room ends with its last client ok");
