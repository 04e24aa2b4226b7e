// Plays on a server with the `ws` package: `node peer.js http://127.0.0.1:2567 schemas/golden`.
//
// Decodes nothing but the type of each message, and sends golden bytes: what is tested is that a
// client which is not ours gets along with the server. Ends with 0 if all went well.
"use strict";

const assert = require("assert");
const fs = require("fs");
const http = require("http");
const path = require("path");
const WebSocket = require("ws");

const [server, golden] = process.argv.slice(2);
const [WELCOME, SNAPSHOT, PATCH, , , PONG] = [1, 2, 3, 4, 5, 6];

const read = (name) => fs.readFileSync(path.join(golden, name));
const PING = read("client-ping.bin");
const LEAVE = read("client-leave.bin");
const INPUT = read("client-input.bin");
const MOVE = Buffer.from(JSON.parse(read("client-input.json")).payload, "hex");

/** The first field of the root table of a FlatBuffer: which message it is. */
function bodyType(message) {
  const root = message.readUInt32LE(0);
  const table = root - message.readInt32LE(root);
  return message[root + message.readUInt16LE(table + 4)];
}

/** The golden input with another payload, which is its last part. */
function inputOf(payload) {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(payload.length);
  const head = INPUT.subarray(0, INPUT.indexOf(MOVE) - 4);
  return Buffer.concat([head, length, payload, Buffer.alloc((4 - (payload.length % 4)) % 4)]);
}

/** An input of the chat room as MessagePack: {"say": {"text": text}}. */
function say(text) {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(Buffer.byteLength(text));
  const head = Buffer.from("\x81\xa3say\x81\xa4text\xdb", "latin1");
  return inputOf(Buffer.concat([head, length, Buffer.from(text)]));
}

function seat(room, options) {
  return new Promise((resolve, reject) => {
    const url = `${server}/matchmake/joinOrCreate/${room}`;
    const request = http.request(url, { method: "POST" }, async (response) => {
      let body = "";
      for await (const chunk of response) body += chunk;
      if (response.statusCode === 200) resolve(JSON.parse(body));
      else reject(new Error(`${response.statusCode} ${body}`));
    });
    request.on("error", reject);
    request.end(JSON.stringify(options));
  });
}

/** A WebSocket whose messages wait to be asked for. */
class Player {
  constructor(target) {
    this.socket = new WebSocket(server.replace("http", "ws") + target, "downbeat.v1");
    this.types = [];
    this.pongs = [];
    this.code = null;
    this.wake = () => {};
    this.socket.on("message", (message, isBinary) => {
      assert(isBinary, "this wire has no text");
      this.note(() => this.types.push(bodyType(message)));
    });
    this.socket.on("pong", (payload) => this.note(() => this.pongs.push(payload)));
    this.socket.on("close", (code) => this.note(() => (this.code = code)));
  }

  note(what) {
    what();
    this.wake();
  }

  async until(condition) {
    while (!condition()) await new Promise((resolve) => (this.wake = resolve));
  }

  async nextType() {
    await this.until(() => this.types.length > 0 || this.code !== null);
    assert(this.types.length > 0, `closed with ${this.code}`);
    return this.types.shift();
  }

  async waitFor(wanted) {
    while ((await this.nextType()) !== wanted);
  }

  async closeCode() {
    await this.until(() => this.code !== null);
    return this.code;
  }

  async close(code) {
    this.socket.close(code);
    return this.closeCode();
  }
}

async function join(room, options = {}) {
  const { processId, roomId, sessionId } = await seat(room, options);
  const player = new Player(`/${processId}/${roomId}?sessionId=${sessionId}`);
  assert.strictEqual(await player.nextType(), WELCOME);
  assert.strictEqual(player.socket.protocol, "downbeat.v1");
  await player.waitFor(SNAPSHOT);
  return player;
}

const checks = {
  async arenaMovesAndAnswers() {
    const player = await join("arena");
    player.socket.send(INPUT);
    await player.waitFor(PATCH);
    player.socket.send(PING);
    await player.waitFor(PONG);
    await player.close(1000);
  },

  async pingsAreAnsweredBetweenFragments() {
    const player = await join("arena");
    for (let at = 0; at < PING.length; at++) {
      const fin = at === PING.length - 1;
      player.socket.send(PING.subarray(at, at + 1), { binary: true, fin });
      player.socket.ping(Buffer.from([at]));
    }
    await player.waitFor(PONG);
    await player.until(() => player.pongs.length === PING.length);
    player.pongs.forEach((payload, at) => assert.deepStrictEqual([...payload], [at]));
    await player.close(1000);
  },

  async largeAndTinyMessagesPass() {
    const ann = await join("chat", { channel: "node", name: "ann" });
    const bob = await join("chat", { channel: "node", name: "bob" });
    for (const text of ["x".repeat(60_000), "", "✋"]) {
      ann.socket.send(say(text));
      await ann.waitFor(PATCH);
    }
    for (let line = 0; line < 2; line++) await bob.waitFor(PATCH);
    await ann.close(1000);
    await bob.close(1000);
  },

  async theServerClosesWithItsCodes() {
    const check = async (message, code) => {
      const player = await join("arena");
      player.socket.send(message);
      assert.strictEqual(await player.closeCode(), code);
    };
    await check("text", 1003);
    await check(Buffer.from("no FlatBuffer"), 4006);
    await check(Buffer.alloc(65_537), 1009);
    await check(LEAVE, 4000);
    const stranger = new Player("/0000000000000/0000000000000?sessionId=0000000000000");
    assert.strictEqual(await stranger.closeCode(), 4522);
  },

  async theServerAnswersOurClose() {
    for (const code of [1000, 1001, 3000, 4999]) {
      const player = await join("arena");
      assert.strictEqual(await player.close(code), code);
    }
  },
};

(async () => {
  for (const [name, check] of Object.entries(checks)) {
    await check();
    console.log(name, "ok");
  }
})().catch((error) => {
  console.error(error);
  process.exit(1);
});
