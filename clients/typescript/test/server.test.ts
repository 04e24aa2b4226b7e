// Against the real server: DOWNBEAT is the path of its binary.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { PlatformWebSocket } from "../src/host/websocket.node.js";
import {
  Client,
  type CloseReason,
  ConnectionError,
  type DownbeatError,
  type LeaveReason,
  MatchmakeCode,
  MatchmakeError,
  ProtocolError,
  type Room,
  type RoomType,
  sessionText,
} from "../src/index.js";
import type { Arena, Chat, Lobby, Queue, World } from "./support/rooms.js";
import { Network, type Server, startServer, until } from "./support/server.js";

let server: Server;
let network: Network;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server?.stop());
beforeEach(async () => {
  network = await Network.to(server.url);
});
afterEach(() => network?.close());

/** A room's story: what happened, in one list. */
function story<T extends RoomType>(room: Room<T>) {
  const told: string[] = [];
  const errors: DownbeatError[] = [];
  const drops: CloseReason[] = [];
  const leaves: LeaveReason[] = [];
  room.onError((error) => told.push("error") && errors.push(error));
  room.onDrop((reason) => told.push("drop") && drops.push(reason));
  room.onReconnect(() => told.push("reconnect"));
  room.onLeave((reason) => told.push("leave") && leaves.push(reason));
  return { told, errors, drops, leaves };
}

describe("queue", () => {
  test("two players meet in a room of their own, and a lobby shows it", async () => {
    const client = new Client(server.url);
    const lobby = await client.joinOrCreate<Lobby>("lobby", { filter: { name: "arena" } });
    const wait = async (rank: number) => {
      const queue = await client.joinOrCreate<Queue>("queue", { rank });
      return new Promise<Room<Arena>>((resolve, reject) => {
        queue.on("seat", async (seat) => {
          const match = client.consumeSeatReservation<Arena>(seat);
          await match.then(resolve, reject);
          queue.leave();
        });
      });
    };
    const [ann, bob] = await Promise.all([wait(1200), wait(1210)]);
    expect(ann.roomId).toBe(bob.roomId);
    expect(ann.sessionId).not.toBe(bob.sessionId);
    await until(() => ann.state.players.size === 2);
    await until(() => lobby.state.rooms.get(ann.roomId)?.locked === true);
    expect(lobby.state.rooms.get(ann.roomId)).toMatchObject({ clients: 2, max_clients: 2 });
    for (const room of [ann, bob]) room.leave();
    await until(() => !lobby.state.rooms.has(ann.roomId));
    lobby.leave();
  });
});

describe("arena", () => {
  test("two players see each other move", async () => {
    const client = new Client(server.url);
    const ann = await client.create<Arena>("arena");
    const bob = await client.joinById<Arena>(ann.roomId);
    const patches: number[] = [];
    ann.onPatch(({ ackedInput }) => patches.push(ackedInput));
    await until(() => ann.state.players.has(bob.sessionId));
    const start = { ...ann.state.players.get(bob.sessionId) };
    const dx = (start.x ?? 0) < 500 ? 200 : -200;
    const changes: string[][] = [];
    ann.state.players.onChange(
      (_, key, changed) => key === bob.sessionId && changes.push([...changed]),
    );
    bob.send("move", { dx, dy: 0 });
    expect(ann.send("move", { dx: 0, dy: 0 })).toBe(1);
    await until(() => changes.length >= 5 && patches.includes(1));
    expect(changes[0]).toEqual(["x"]);
    const x = ann.state.players.get(bob.sessionId)?.x ?? 0;
    expect(Math.sign(x - (start.x ?? 0))).toBe(Math.sign(dx));
    const gone = new Promise((resolve) => ann.state.players.onRemove((_, key) => resolve(key)));
    bob.leave();
    expect(await gone).toBe(bob.sessionId);
    expect([...ann.state.players.keys()]).toEqual([ann.sessionId]);
    ann.leave();
  });

  test("the clock is that of the room", async () => {
    const room = await new Client(server.url).create<Arena>("arena");
    room.send("move", { dx: 10, dy: 10 });
    await until(() => room.clock.rttMs !== undefined && (room.stamp?.tick ?? 0) > 10);
    const { serverTimeMs = 0, receivedMs = 0 } = room.stamp ?? {};
    const offsetMs = room.clock.offsetMs ?? 0;
    // A patch comes after its tick, by what the way and a busy machine take.
    expect(receivedMs + offsetMs).toBeGreaterThan(serverTimeMs - (room.clock.rttMs ?? 0) - 1);
    expect(room.clock.serverNow() ?? 0).toBeGreaterThan(serverTimeMs - (room.clock.rttMs ?? 0) - 1);
    room.leave();
  });

  test("nonsense from the network leads back to the same seat, though arena holds none", async () => {
    const { Corrupting, spoil } = corruptingWebSocket();
    const room = await new Client(server.url, { WebSocket: Corrupting }).create<Arena>("arena");
    const { told, errors } = story(room);
    room.send("move", { dx: 50, dy: 50 });
    for (let round = 1; round <= 3; round++) {
      spoil();
      await until(() => told.filter((what) => what === "reconnect").length === round);
    }
    expect(told).toEqual(Array(3).fill(["error", "drop", "reconnect"]).flat());
    expect(errors.every((error) => error instanceof ProtocolError)).toBe(true);
    expect([...room.state.players.keys()]).toEqual([room.sessionId]);
    room.leave();
  });

  test("an input that the room does not know ends it with the reason", async () => {
    const room = await new Client(server.url).create("arena");
    const { leaves } = story(room);
    room.send("fly", { dz: 1 });
    await until(() => leaves.length > 0);
    expect(leaves).toMatchObject([{ kind: "closed", code: 4006, name: "malformedMessage" }]);
    expect(leaves[0]?.message).toContain("fly");
  });
});

/** The platform's, but for one message of the next that come. */
function corruptingWebSocket() {
  let isSpoiled = false;
  class Corrupting extends PlatformWebSocket {
    override set onmessage(listener: ((event: MessageEvent) => void) | null) {
      super.onmessage = (event) => {
        const data = event.data as ArrayBuffer;
        listener?.(
          isSpoiled ? ({ data: data.slice(0, data.byteLength - 3) } as MessageEvent) : event,
        );
        isSpoiled = false;
      };
    }
  }
  const spoil = () => {
    isSpoiled = true;
  };
  return { Corrupting: Corrupting as typeof WebSocket, spoil };
}

describe("chat", () => {
  const join = (url: string, name: string, channel: string) =>
    new Client(url).joinOrCreate<Chat>("chat", { name, channel });

  test("a seat outlives its connection, and what was said meanwhile is sent once", async () => {
    const ann = await join(network.url, "ann", "outage");
    const bob = await join(server.url, "bob", "outage");
    const { told, drops } = story(ann);
    const presence: boolean[] = [];
    bob.state.members.onField("online", (online) => presence.push(online), ann.sessionId);
    ann.send("say", { text: "one" });
    await until(() => bob.state.history.size === 1);
    network.cut();
    await until(() => told.includes("drop"));
    for (const text of ["two", "three"]) ann.send("say", { text });
    bob.send("say", { text: "who is there?" });
    await until(() => presence.length === 1);
    network.mend();
    await until(() => told.includes("reconnect"));
    await until(() => bob.state.history.size === 4 && ann.state.history.size === 4);
    expect(told).toEqual(["drop", "reconnect"]);
    expect(drops).toMatchObject([{ name: "connectionLost" }]);
    expect(presence).toEqual([false, true]);
    expect([...ann.state.history.values()].map(({ text }) => text)).toEqual([
      "one",
      "who is there?",
      "two",
      "three",
    ]);
    expect([...ann.state.history.keys()]).toEqual([0n, 1n, 2n, 3n]);
    expect([...ann.state.members.values()].map(({ name }) => name)).toEqual(["ann", "bob"]);
    ann.leave();
    bob.leave();
  });

  test("an event says who it is about", async () => {
    const ann = await join(server.url, "ann", "typing");
    const bob = await join(server.url, "bob", "typing");
    const typing = new Promise((resolve) => ann.on("typing", ({ session }) => resolve(session)));
    bob.send("typing");
    expect(sessionText((await typing) as bigint)).toBe(bob.sessionId);
    ann.leave();
    bob.leave();
  });

  test("a page that is loaded anew takes the seat of the former", async () => {
    const client = new Client(server.url);
    const ann = await join(server.url, "ann", "reload");
    const { leaves } = story(ann);
    ann.send("say", { text: "before" });
    await until(() => ann.state.history.size === 1);
    const again = await client.reconnect<Chat>(ann.reconnectionToken);
    await until(() => leaves.length > 0);
    expect(leaves).toMatchObject([{ kind: "closed", name: "replaced" }]);
    expect(again.sessionId).toBe(ann.sessionId);
    expect([...again.state.members.values()]).toEqual([{ name: "ann", online: true }]);
    expect(again.send("say", { text: "after" })).toBe(2);
    await until(() => again.state.history.size === 2);
    again.leave();
    const error = await client.reconnect(again.reconnectionToken).catch((e) => e);
    expect(error).toMatchObject({ name: "MatchmakeError", code: MatchmakeCode.SeatExpired });
  });

  test("rooms are listed", async () => {
    const room = await join(server.url, "ann", "listed");
    const rooms = await new Client(server.url).rooms("chat");
    const found = rooms.find(({ roomId }) => roomId === room.roomId);
    expect(found).toMatchObject({ name: "chat", clients: 1, metadata: { channel: "listed" } });
    expect(await new Client(server.url).rooms("nothing")).toEqual([]);
    room.leave();
  });

  test("a loss beyond the patience is given up with the reason", async () => {
    const options = { reconnection: { delayMs: 20, giveUpMs: 300 } };
    const room = await new Client(network.url, options).joinOrCreate<Chat>("chat", {
      channel: "lost",
    });
    const { told, leaves } = story(room);
    network.cut();
    await until(() => leaves.length > 0);
    expect(told).toEqual(["drop", "leave"]);
    expect(leaves).toMatchObject([{ kind: "gaveUp", name: "connectionLost" }]);
    expect(leaves[0]?.attempts).toBeGreaterThan(1);
  });
});

describe("world", () => {
  test("rows come into sight and go out of it, and the mirror keeps up", async () => {
    const clients = 12;
    const client = new Client(server.url);
    const first = await client.create<World>("world", { side: 400 });
    const joins = Array.from({ length: clients }, () => client.joinById<World>(first.roomId));
    const rooms = [first, ...(await Promise.all(joins))];
    const seen = new Set<string>();
    const counts = { added: 0, removed: 0, errors: 0 };
    for (const [index, room] of rooms.entries()) {
      room.onError(() => counts.errors++);
      room.send("move", { dx: 100 + 30 * index, dy: 450 - 30 * index });
    }
    first.state.movers.onAdd((_, key) => {
      expect(seen.has(key)).toBe(false);
      seen.add(key);
      counts.added += 1;
    });
    first.state.movers.onRemove((_, key) => {
      expect(seen.delete(key)).toBe(true);
      counts.removed += 1;
    });
    await until(() => counts.removed > 20 && counts.added > 20);
    expect(counts.errors).toBe(0);
    expect(new Set(first.state.movers.keys())).toEqual(seen);
    expect(seen.has(first.sessionId)).toBe(true);
    // A position is sent in steps of a sixteenth.
    const inside = (place: number) => place >= 0 && place <= 400.1;
    for (const { state } of rooms) {
      const strays = [...state.movers].filter(([, { x, y }]) => !inside(x) || !inside(y));
      expect(strays).toEqual([]);
    }
    for (const room of rooms) room.leave();
  });
});

describe("a server", () => {
  test.each([
    ["an unknown type", () => new Client(server.url).join("nothing"), MatchmakeCode.UnknownName],
    [
      "no room",
      () => new Client(server.url).join("chat", { channel: "?" }),
      MatchmakeCode.NoRoomFits,
    ],
    [
      "an unknown room",
      () => new Client(server.url).joinById("000000000001a"),
      MatchmakeCode.UnknownRoomId,
    ],
    [
      "refused options",
      () => new Client(server.url).create("world", { side: 1 }),
      MatchmakeCode.CreateFailed,
    ],
    [
      "a used token",
      () => new Client(server.url).reconnect("000000000001a:x"),
      MatchmakeCode.SeatExpired,
    ],
  ])("answers %s with its code", async (_, ask, code) => {
    const error = await ask().catch((e) => e);
    expect(error).toBeInstanceOf(MatchmakeError);
    expect(error.code).toBe(code);
    expect(error.message).not.toBe("");
  });

  test("that is not there is a ConnectionError", async () => {
    network.cut();
    const error = await new Client(network.url).joinOrCreate("arena").catch((e) => e);
    expect(error).toBeInstanceOf(ConnectionError);
  });

  test("that shuts down says so", async () => {
    const other = await startServer();
    const room = await new Client(other.url).joinOrCreate<Arena>("arena");
    const { told, leaves } = story(room);
    await other.stop();
    await until(() => leaves.length > 0);
    expect(told).toEqual(["leave"]);
    expect(leaves).toMatchObject([{ kind: "closed", code: 4001, name: "serverShutdown" }]);
  });
});
