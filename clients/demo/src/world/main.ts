import "./look.css";
import { Client } from "@downbeat/client";
import { Beat } from "../shared/beat.ts";
import { type Camera, lookAt } from "../shared/camera.ts";
import { element } from "../shared/dom.ts";
import { Drive } from "../shared/drive.ts";
import { bytesPerSecond, followLateness, milliseconds, showFigures } from "../shared/figures.ts";
import { eachFrame } from "../shared/frames.ts";
import { friendly } from "../shared/friendly.ts";
import { hideHint } from "../shared/hint.ts";
import { Link } from "../shared/link.ts";
import { drawMap } from "../shared/map.ts";
import { foldPanel, freeArea } from "../shared/panel.ts";
import { Rate } from "../shared/rate.ts";
import { Stay } from "../shared/stay.ts";
import { Steering } from "../shared/steering.ts";
import { Surface } from "../shared/surface.ts";
import { clamp, type Vector } from "../shared/vector.ts";
import { Headings } from "./headings.ts";
import { Near, type Seen } from "./near.ts";
import { CELL, SPEED, WANTED, type World, type WorldOptions, type WorldSeat } from "./room.ts";
import { drawScene, type Window } from "./scene.ts";

const scene = new Surface(element("scene", HTMLCanvasElement));
const map = new Surface(element("map", HTMLCanvasElement));
const steering = new Steering(scene.canvas);
const drive = new Drive(steering, SPEED, ({ x, y }) => {
  stay.room?.send("move", { dx: x, dy: y });
});
const link = new Link();
const client = new Client(location.origin, { WebSocket: link.WebSocket });
const patches = new Rate();
const headings = new Headings();
const beat = new Beat();
const interpolation = element("interpolation", HTMLInputElement);
const cells = element("cells", HTMLInputElement);
let near: Near | undefined;
let world: WorldOptions = WANTED;
let seen: readonly Seen[] = [];
let centre: Vector = { x: WANTED.side / 2, y: WANTED.side / 2 };
let camera: Camera = lookAt({ centre, side: WANTED.side, sight: WANTED.side }, freeArea(scene));
let playersInWorld = 0;

const stay = new Stay<World>({
  join: () => client.joinOrCreate<World>("world", WANTED),
  entered(room) {
    near = new Near(room);
    drive.reset();
    room.onPatch(({ receivedMs }) => patches.add(1, receivedMs));
    void readListing(room);
  },
});

eachFrame((now) => {
  const { room } = stay;
  const serverMs = room?.clock.serverNow();
  if (serverMs !== undefined) beat.show(serverMs);
  if (room?.isConnected && near) {
    seen = near.seen(now, interpolation.checked);
    drive.steer(now, camera.toScreen(centre));
  }
  const own = seen.find(({ isOwn }) => isOwn);
  if (own) centre = { x: own.x, y: own.y };
  const drifters = seen.filter(({ session }) => session === undefined);
  headings.add(new Map(drifters.map((drifter) => [drifter.id, drifter])));
  // Where the server has the player, who is drawn a little ahead of it.
  const window = sight(room?.state.movers?.get(room.sessionId) ?? centre);
  camera = drawScene(
    scene,
    {
      seen,
      centre,
      side: world.side,
      phase: serverMs === undefined ? 1 : beat.phase(serverMs),
      window,
      showsCells: cells.checked,
      stick: steering.stick,
      free: freeArea(scene),
    },
    headings,
  );
  drawMap(map, {
    side: world.side,
    dots: seen.filter(({ isOwn }) => !isOwn).map(dot),
    own,
    frame: window,
    dot: 0.8,
  });
});

/** The cells that the server shows to whom is there. */
function sight({ x, y }: Vector): Window {
  const { side } = world;
  const first = (at: number) => Math.floor(Math.max(0, at - world.sight) / CELL) * CELL;
  const end = (at: number) => clamp(Math.ceil((at + world.sight) / CELL) * CELL, 0, side);
  const [left, top] = [first(x), first(y)];
  return { left, top, width: end(x) - left, height: end(y) - top };
}

function dot({ session, id, x, y }: Seen) {
  return { x, y, hue: session === undefined ? 225 + ((id * 7) % 60) : friendly(session).hue };
}

/** The world may be one that somebody else has made: the listing says how. */
async function readListing(room: WorldSeat): Promise<void> {
  const rooms = await client.rooms("world").catch(() => []);
  const listing = rooms.find(({ roomId }) => roomId === room.roomId);
  if (!listing || stay.room !== room) return;
  world = listing.metadata as WorldOptions;
  playersInWorld = listing.clients;
}

const READ_MS = 2_000;
setInterval(() => {
  if (stay.room?.isConnected && !document.hidden) void readListing(stay.room);
}, READ_MS);

const lateness = followLateness("world");
showFigures({
  brief: () => `${near?.count ?? 0} in sight`,
  total: () => (world.drifters + playersInWorld).toLocaleString("en"),
  near: () => `${near?.count ?? 0}`,
  ping: () => milliseconds(stay.room?.clock.rttMs),
  patches: () => `${patches.perSecond(performance.now()).toFixed(0)} per second`,
  bytes: () => bytesPerSecond(link.received.perSecond(performance.now())),
  lateness,
});
foldPanel();
hideHint(steering);
stay.enter();

/** For the console, and for tests: the room, and who was drawn where in the last frame. */
Object.assign(globalThis, {
  demo: {
    get room() {
      return stay.room;
    },
    get seen() {
      return seen;
    },
  },
});
