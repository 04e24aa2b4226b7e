// A room over connections that come and go.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { Client } from "../src/client.js";
import { type CloseReason, closeReason, type LeaveReason } from "../src/close.js";
import { ConnectionError, InputError, MatchmakeError, ProtocolError } from "../src/errors.js";
import { RowsWriter, writeEvent, writePong, writeRows, writeWelcome } from "./support/wire.js";
import { PLAYER, turns, World } from "./support/world.js";

/** A seat of a node that is reached directly. */
const DIRECT_SEAT = {
  name: "test",
  sessionId: "s",
  roomId: "r",
  processId: "p",
  publicAddress: "node:1",
};

describe("joining", () => {
  test("asks for a seat and takes it", async () => {
    const world = new World();
    const room = await world.join({ token: "secret" });
    const { url, init } = world.requests[0] ?? {};
    expect(url).toBe("http://localhost:2567/matchmake/joinOrCreate/test");
    expect(new Headers(init?.headers).get("Authorization")).toBe("Bearer secret");
    expect(world.socket.url).toBe("ws://localhost:2567/p/r?sessionId=s");
    expect(room.name).toBe("test");
    expect(room.reconnectionToken).toBe("r:token-1");
    expect(room.pace).toEqual({ tickHz: 20, patchEvery: 1, patchMs: 50 });
    expect(Object.keys(room.state)).toEqual(["players"]);
  });

  test("keeps the path in front of a server, and goes where the server says", async () => {
    const world = new World();
    world.answer = () =>
      Response.json({
        name: "t",
        sessionId: "s",
        roomId: "r",
        processId: "p",
        publicAddress: "h:1",
      });
    const client = new Client("https://example.com/games", { host: world });
    client.create("a b").catch(() => {});
    await turns();
    expect(world.requests[0]?.url).toBe("https://example.com/games/matchmake/create/a%20b");
    expect(world.socket.url).toBe("wss://h:1/p/r?sessionId=s");
  });

  test("goes the way of matchmaking if nobody answers where the server says", async () => {
    const world = new World();
    world.answer = () => Response.json(DIRECT_SEAT);
    const joining = new Client("http://balancer/games", { host: world }).join("test");
    await turns();
    expect(world.socket.url).toBe("ws://node:1/p/r?sessionId=s");
    world.socket.end(1006);
    expect(world.socket.url).toBe("ws://balancer/games/p/r?sessionId=s");
    world.welcome();
    await joining;
    world.socket.end(1006);
    world.pass(0);
    expect(world.socket.url).toContain("ws://balancer/games/p/r?sessionId=s");
  });

  test("waits for a direct address that is silent no longer than it must", async () => {
    const world = new World();
    world.answer = () => Response.json(DIRECT_SEAT);
    const joining = new Client("http://balancer", { host: world, timeoutMs: 5_000 }).join("test");
    const failed = joining.catch((e) => e);
    await turns();
    const [direct] = world.sockets;
    world.pass(3_000);
    expect(direct?.closedWith).toBe(4009);
    expect(world.socket.url).toBe("ws://balancer/p/r?sessionId=s");
    world.pass(1_999);
    expect(world.socket.closedWith).toBeUndefined();
    world.pass(1);
    expect(world.socket.closedWith).toBe(4009);
    expect(world.sockets).toHaveLength(2);
    expect(await failed).toBeInstanceOf(ConnectionError);
    expect(world.timers).toBe(0);
  });

  test("gives a direct address that answers all of its time", async () => {
    const world = new World();
    world.answer = () => Response.json(DIRECT_SEAT);
    const joining = new Client("http://balancer", { host: world, timeoutMs: 5_000 }).join("test");
    await turns();
    world.socket.open();
    world.pass(4_999);
    world.welcome();
    await joining;
    expect(world.sockets).toHaveLength(1);
  });

  test("passes on the server's refusal", async () => {
    const world = new World();
    world.answer = () => Response.json({ code: 521, error: "none fits" }, { status: 521 });
    const error = await new Client("http://localhost", { host: world }).join("x").catch((e) => e);
    expect(error).toBeInstanceOf(MatchmakeError);
    expect(error).toMatchObject({ code: 521, message: "none fits" });
  });

  test.each([
    ["HTML", () => new Response("<html>")],
    ["an odd offer", () => Response.json({ name: 1 })],
    ["nothing", () => new Response(null, { status: 204 })],
  ])("refuses a server that answers %s", async (_, answer) => {
    const world = new World();
    world.answer = answer;
    const error = await new Client("http://localhost", { host: world }).join("x").catch((e) => e);
    expect(error).toBeInstanceOf(ConnectionError);
  });

  test("fails with the close code of a connection that ends too early", async () => {
    const world = new World();
    const joining = new Client("http://localhost", { host: world }).join("x").catch((e) => e);
    await turns();
    world.socket.end(4526, "full of robots");
    const error = await joining;
    expect(error).toBeInstanceOf(ConnectionError);
    expect(error.reason).toMatchObject({ name: "joinRefused", message: "full of robots" });
    expect(world.timers).toBe(0);
  });

  test("asks again for a seat in a room that a node cannot find at this moment", async () => {
    const world = new World();
    const joining = new Client("http://localhost", { host: world }).join("x");
    await turns();
    for (const sockets of [1, 2]) {
      expect(world.sockets).toHaveLength(sockets);
      world.socket.open();
      world.socket.end(4010, "the room cannot be found at this moment");
      world.pass(1_000);
    }
    expect(world.sockets).toHaveLength(3);
    expect(world.socket.url).toBe(world.sockets[0]?.url);
    world.welcome();
    const room = await joining;
    // It counts anew for a connection that is lost later.
    const dropped: unknown[] = [];
    room.onDrop((reason) => dropped.push(reason.code));
    world.socket.end(1006);
    world.pass(0);
    expect(dropped).toEqual([1006]);
    expect(world.sockets).toHaveLength(4);
  });

  test("asks again for no longer than joining may take", async () => {
    const world = new World();
    const joining = new Client("http://localhost", { host: world, timeoutMs: 2_000 }).join("x");
    const failed = joining.catch((e) => e);
    await turns();
    let ended = 0;
    for (let passed = 0; passed < 2_000; passed += 100) {
      for (; ended < world.sockets.length; ended += 1) {
        world.socket.open();
        world.socket.end(4010);
      }
      world.pass(100);
    }
    const error = await failed;
    expect(error).toBeInstanceOf(ConnectionError);
    expect(error.reason).toMatchObject({ name: "moved" });
    expect(world.sockets.length).toBeGreaterThan(2);
    expect(world.timers).toBe(0);
  });

  test("does not wait for ever", async () => {
    const world = new World();
    const joining = new Client("http://localhost", { host: world, timeoutMs: 500 }).join("x");
    const failed = joining.catch((e) => e);
    await turns();
    world.pass(500);
    expect(await failed).toBeInstanceOf(ConnectionError);
    expect(world.socket.closedWith).toBe(4009);
  });

  test("refuses a server of another protocol", async () => {
    const world = new World();
    const joining = new Client("http://localhost", { host: world }).join("x").catch((e) => e);
    await turns();
    world.socket.open();
    world.socket.say(writeWelcome({ protocol: 2 }));
    expect(await joining).toBeInstanceOf(ProtocolError);
  });

  test("holds events that come before anybody can listen", async () => {
    const world = new World();
    const joining = new Client("http://localhost", { host: world }).join("x");
    await turns();
    world.socket.open();
    world.socket.say(writeWelcome());
    for (let number = 0; number < 100; number++) world.socket.say(writeEvent("early", number));
    world.socket.say(writeRows("snapshot", new Uint8Array()));
    world.socket.say(writeEvent("early", "last"));
    const room = await joining;
    const heard: unknown[] = [];
    room.on("early", (payload) => heard.push(payload));
    expect(heard).toEqual([]);
    world.pass(0);
    world.socket.say(writeEvent("early", "later"));
    expect(heard).toHaveLength(65);
    expect(heard.slice(-3)).toEqual([99, "last", "later"]);
  });
});

describe("a lost connection", () => {
  test("is opened again where somebody answers", async () => {
    const world = new World();
    world.answer = () => Response.json(DIRECT_SEAT);
    const joining = new Client("http://balancer", { host: world }).join("test");
    await turns();
    world.welcome();
    await joining;
    const hosts: string[] = [];
    world.socket.end(1006);
    for (let attempt = 0; attempt < 3; attempt++) {
      world.pass(1_000);
      hosts.push(new URL(world.socket.url).host);
      world.socket.end(1006);
    }
    expect(hosts).toEqual(["node:1", "balancer", "node:1"]);
  });

  test("is opened again on the same seat, with the newest token", async () => {
    const world = new World();
    const room = await world.join();
    const told: string[] = [];
    room.onDrop(({ name }) => told.push(`drop ${name}`));
    room.onReconnect(() => told.push("reconnect"));
    room.onLeave(() => told.push("leave"));
    world.socket.end(1006);
    expect(room.isConnected).toBe(false);
    world.pass(0);
    expect(world.sockets).toHaveLength(2);
    expect(world.socket.parameters.get("reconnectionToken")).toBe("token-1");
    world.welcome();
    expect(room.isConnected).toBe(true);
    expect(room.reconnectionToken).toBe("r:token-2");
    expect(told).toEqual(["drop connectionLost", "reconnect"]);
  });

  test("shows only what has changed meanwhile", async () => {
    const world = new World();
    const room = await world.join();
    const players = room.state.players;
    if (players?.kind !== "table") throw new Error("no table");
    const row = players.get(PLAYER);
    const told: string[] = [];
    players.onAdd((_, key) => told.push(`+${key}`), { existing: false });
    players.onChange((_, key, changed) => told.push(`${key} ${changed}`));
    players.onRemove((_, key) => told.push(`-${key}`));
    world.socket.end(1006);
    world.pass(0);
    world.socket.open();
    world.socket.say(writeWelcome());
    const rows = new RowsWriter()
      .insert(
        [1, 2],
        [
          [5, 0],
          [0, 0],
        ],
      )
      .bytes();
    world.socket.say(writeRows("snapshot", rows));
    expect(told).toEqual([`${PLAYER} x`, "+0000000000002"]);
    expect(players.get(PLAYER)).toBe(row);
    expect(row).toEqual({ x: 5, y: 0 });
  });

  test("is tried again later and later, and then given up with the reason", async () => {
    const world = new World();
    const reconnection = { delayMs: 100, factor: 2, delayMaxMs: 1_000, giveUpMs: 3_000 };
    const room = await world.join({ reconnection, silenceMs: 60_000 });
    world.pass(10_000);
    const left: LeaveReason[] = [];
    room.onLeave((reason) => left.push(reason));
    const start = world.time;
    world.socket.end(1006);
    const tries: number[] = [];
    for (let step = 0; step < 1_000 && left.length === 0; step++) {
      const before = world.sockets.length;
      world.pass(10);
      if (world.sockets.length > before) {
        tries.push(world.time - start);
        world.socket.end(1006, "still away");
      }
    }
    expect(tries).toEqual([10, 110, 310, 710, 1510, 2510, 3510]);
    expect(left).toEqual([
      { kind: "gaveUp", code: 1006, name: "connectionLost", message: "still away", attempts: 7 },
    ]);
    expect(world.timers).toBe(0);
    expect(world.listensForOnline).toBe(false);
  });

  test("is tried at once when the network is back", async () => {
    const world = new World();
    await world.join();
    world.socket.end(1006);
    world.pass(0);
    world.socket.end(1006);
    expect(world.sockets).toHaveLength(2);
    world.goOnline();
    expect(world.sockets).toHaveLength(3);
    world.goOnline();
    expect(world.sockets).toHaveLength(3);
  });

  test("is not opened again if the game says so", async () => {
    const world = new World();
    const room = await world.join({ reconnection: { enabled: false } });
    const left: LeaveReason[] = [];
    room.onLeave((reason) => left.push(reason));
    world.socket.end(1006);
    world.pass(60_000);
    expect(world.sockets).toHaveLength(1);
    expect(left).toMatchObject([{ kind: "closed", name: "connectionLost" }]);
  });

  test("that comes and goes counts its tries", async () => {
    const world = new World();
    await world.join({ reconnection: { delayMs: 1_000, jitter: 0 } });
    const opened: number[] = [];
    for (let loss = 0; loss < 4; loss++) {
      world.socket.end(1006);
      const before = world.sockets.length;
      for (let ms = 0; world.sockets.length === before && ms < 10_000; ms += 100) {
        opened[loss] = ms;
        world.pass(loss === 0 && ms === 0 ? 0 : 100);
      }
      world.welcome();
    }
    expect(opened).toEqual([0, 900, 1_900, 3_900]);
  });

  test("a try that hangs is cut off", async () => {
    const world = new World();
    await world.join({ reconnection: { attemptMs: 1_000, delayMs: 100 } });
    world.socket.end(1006);
    world.pass(0);
    const hanging = world.socket;
    world.pass(1_100);
    expect(hanging.closedWith).toBe(4009);
    expect(world.sockets).toHaveLength(3);
  });
});

describe("close codes", () => {
  const codes = serverCodes();

  test("of the server are all known", () => {
    expect(codes.length).toBeGreaterThan(15);
    for (const { code, name } of codes) expect(closeReason(code).name).toBe(name);
  });

  const COMES_BACK = [
    1001, 1005, 1006, 1011, 1012, 1013, 1014, 1015, 4007, 4008, 4009, 4010, 3_999,
  ];
  const ENDS = codes.map(({ code }) => code).filter((code) => !COMES_BACK.includes(code));

  test.each(COMES_BACK)("%i is answered by coming back", async (code) => {
    const world = new World();
    const room = await world.join();
    const dropped: CloseReason[] = [];
    room.onDrop((reason) => dropped.push(reason));
    world.socket.end(code, "why");
    world.pass(200);
    expect(world.sockets).toHaveLength(2);
    expect(dropped).toMatchObject([{ code, message: "why" }]);
  });

  test.each([...ENDS, 1008, 4999])("%i ends the room", async (code) => {
    const world = new World();
    const room = await world.join();
    const left: LeaveReason[] = [];
    room.onLeave((reason) => left.push(reason));
    world.socket.end(code, "why");
    world.pass(60_000);
    expect(world.sockets).toHaveLength(1);
    expect(left).toMatchObject([{ kind: "closed", code, message: "why", attempts: 0 }]);
    expect(world.timers).toBe(0);
  });

  test.each(ENDS)("%i ends a room that was coming back", async (code) => {
    const world = new World();
    const room = await world.join();
    const left: LeaveReason[] = [];
    room.onLeave((reason) => left.push(reason));
    world.socket.end(1006);
    world.pass(0);
    world.socket.end(code);
    world.pass(60_000);
    expect(world.sockets).toHaveLength(2);
    expect(left).toMatchObject([{ kind: "closed", code, attempts: 1 }]);
  });
});

/** The codes of the server's own source. */
function serverCodes() {
  const source = readFileSync(new URL("../../../schemas/src/close.rs", import.meta.url), "utf8");
  const body = source.slice(source.indexOf("pub enum CloseCode"), source.indexOf("impl CloseCode"));
  return [...body.matchAll(/(\w)(\w+) = (\d+),/g)].map(([, first = "", rest = "", code]) => ({
    code: Number(code),
    name: first.toLowerCase() + rest,
  }));
}

describe("inputs", () => {
  test("wait while there is no connection, and are sent once", async () => {
    const world = new World();
    const room = await world.join();
    room.send("move", { dx: 1 });
    room.send("move", { dx: 2 });
    expect(world.socket.inputs).toEqual([1, 2]);
    world.socket.end(1006);
    expect(room.send("stop")).toBe(3);
    expect(room.inputsWaiting).toBe(1);
    world.pass(0);
    // The server had applied the first; the second was lost on its way.
    world.welcome("next", 1);
    expect(world.socket.inputs).toEqual([2, 3]);
    expect(room.inputsWaiting).toBe(0);
    room.send("stop");
    expect(world.socket.inputs).toEqual([2, 3, 4]);
  });

  test("are bounded, and the oldest gives way", async () => {
    const world = new World();
    const room = await world.join({ inputsMax: 3 });
    world.socket.end(1006);
    for (let input = 0; input < 10; input++) room.sendRaw(new Uint8Array([input]));
    expect(room.inputsWaiting).toBe(3);
    expect(room.inputsDropped).toBe(7);
    world.pass(0);
    world.welcome();
    expect(world.socket.inputs).toEqual([8, 9, 10]);
  });

  test("are forgotten when they are acknowledged", async () => {
    const world = new World();
    const room = await world.join({ inputsMax: 3 });
    for (let input = 1; input <= 10; input++) {
      room.send("move", input);
      world.socket.say(writeRows("patch", new Uint8Array(), { ackedInput: input }));
    }
    expect(room.inputsDropped).toBe(0);
    world.socket.end(1006);
    world.pass(0);
    world.welcome("next", 10);
    expect(world.socket.inputs).toEqual([]);
  });

  test("wait while the socket is full", async () => {
    const world = new World();
    const room = await world.join({ bufferedBytesMax: 1_000 });
    world.socket.bufferedAmount = 1_000;
    room.send("a");
    room.send("b");
    expect([room.bufferedBytes, room.inputsWaiting]).toEqual([1_000, 2]);
    world.socket.bufferedAmount = 0;
    world.socket.say(writeRows("patch", new Uint8Array()));
    expect(world.socket.inputs).toEqual([1, 2]);
  });

  test("go on with their numbers on a page that was loaded anew", async () => {
    const world = new World();
    const client = new Client("http://localhost", { host: world });
    const coming = client.reconnect("r:secret");
    await turns();
    expect(world.requests[0]?.url).toBe("http://localhost/matchmake/reconnect/r");
    expect(world.socket.parameters.get("reconnectionToken")).toBe("secret");
    world.welcome("next", 41);
    expect((await coming).send("move")).toBe(42);
    await expect(client.reconnect("nonsense")).rejects.toBeInstanceOf(MatchmakeError);
  });

  test("that cannot be encoded are refused and have no number", async () => {
    const world = new World();
    const room = await world.join();
    expect(() => room.send("move", () => 1)).toThrow(InputError);
    expect(room.send("move")).toBe(1);
  });

  test("are told to those who predict", async () => {
    const world = new World();
    const room = await world.join();
    const told: unknown[] = [];
    room.onSend((...sent) => told.push(sent));
    room.send("move", { dx: 1 });
    expect(told).toEqual([[1, "move", { dx: 1 }]]);
  });
});

describe("events", () => {
  test("come by name, to all who listen", async () => {
    const world = new World();
    const room = await world.join();
    world.pass(0);
    const heard: unknown[] = [];
    const stop = room.on("boom", (payload, tick) => heard.push(["boom", payload, tick]));
    room.onEvent((name, payload) => heard.push([name, payload]));
    world.socket.say(writeEvent("boom", { at: [1, 2] }));
    world.socket.say(writeEvent("unit"));
    stop();
    world.socket.say(writeEvent("boom", 2n ** 63n));
    expect(heard).toEqual([
      ["boom", { at: [1, 2] }, 7],
      ["boom", { at: [1, 2] }],
      ["unit", undefined],
      ["boom", 2n ** 63n],
    ]);
  });
});

describe("a listener that throws", () => {
  test("harms neither the others nor the room", async () => {
    const world = new World();
    const room = await world.join();
    const players = room.state.players;
    const stamps: number[] = [];
    const fault = new Error("the game's own");
    players?.onChange(() => {
      throw fault;
    });
    room.onPatch(({ tick }) => stamps.push(tick));
    world.socket.say(
      writeRows("patch", new RowsWriter().update(1, [1], [[3]]).bytes(), { tick: 9 }),
    );
    expect(world.reported).toEqual([fault]);
    expect(stamps).toEqual([9]);
    expect(room.isConnected).toBe(true);
  });
});

describe("the heartbeat", () => {
  test("measures the way and the clock", async () => {
    const world = new World();
    const room = await world.join();
    const ping = world.socket.heard.find((message) => message.type === "Ping");
    if (ping?.type !== "Ping") throw new Error("no ping");
    world.time += 30;
    world.socket.say(writePong(ping.clientTimeUs, 5_000));
    expect(room.clock.rttMs).toBe(30);
    expect(room.clock.serverNow()).toBe(5_015);
  });

  test("notices a network that is cut, and replaces the connection", async () => {
    const world = new World();
    const room = await world.join({ pingMs: 1_000, silenceMs: 3_000 });
    const cut = world.socket;
    const dropped: CloseReason[] = [];
    room.onDrop((reason) => dropped.push(reason));
    world.pass(10_000);
    expect(dropped).toHaveLength(1);
    expect(dropped[0]?.message).toContain("silence");
    // Not closed before it is replaced: a server that hears of no loss holds the seat.
    expect(cut.closedWith).toBeUndefined();
    world.welcome();
    expect(cut.closedWith).toBe(4005);
    expect(room.isConnected).toBe(true);
  });

  test("is content with any sign of life", async () => {
    const world = new World();
    const room = await world.join({ pingMs: 1_000, silenceMs: 3_000 });
    for (let second = 0; second < 20; second++) {
      world.pass(1_000);
      world.socket.say(writeRows("patch", new Uint8Array()));
    }
    expect(room.isConnected).toBe(true);
  });

  test("does not take its own sleep for silence", async () => {
    const world = new World();
    const room = await world.join({ pingMs: 1_000, silenceMs: 3_000 });
    world.pass(500);
    world.sleep(30_000);
    expect(room.isConnected).toBe(true);
    world.socket.say(writeRows("patch", new Uint8Array()));
    world.pass(2_500);
    expect(room.isConnected).toBe(true);
    expect(world.timers).toBeLessThan(3);
  });
});

describe("leaving", () => {
  test("is said, and leaves nothing behind", async () => {
    const world = new World();
    const room = await world.join();
    world.pass(0);
    const left: LeaveReason[] = [];
    room.onLeave((reason) => left.push(reason));
    room.leave();
    room.leave();
    expect(world.socket.heard.at(-1)).toEqual({ type: "Leave" });
    expect(world.socket.closedWith).toBe(4000);
    expect(left).toMatchObject([{ kind: "closed", name: "consented" }]);
    expect(world.timers).toBe(0);
    expect(() => room.send("move")).not.toThrow();
  });

  test("ends a reconnection", async () => {
    const world = new World();
    const room = await world.join();
    world.socket.end(1006);
    room.leave();
    world.pass(60_000);
    expect(world.sockets).toHaveLength(1);
    expect(world.timers).toBe(0);
  });

  test("from within a listener is possible", async () => {
    const world = new World();
    const room = await world.join();
    room.onDrop(() => room.leave());
    world.socket.end(1006);
    world.pass(60_000);
    expect(world.sockets).toHaveLength(1);
  });
});
