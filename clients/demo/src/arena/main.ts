import "./look.css";
import { Client } from "@downbeat/client";
import { Beat } from "../shared/beat.ts";
import { type Camera, lookAt } from "../shared/camera.ts";
import { element, write } from "../shared/dom.ts";
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
import { Bots } from "./bots.ts";
import { Players, type Smoothing } from "./players.ts";
import type { Arena } from "./room.ts";
import { SIDE, SPEED } from "./rules.ts";
import { drawScene, type Figure } from "./scene.ts";
import { Trails } from "./trails.ts";

const scene = new Surface(element("scene", HTMLCanvasElement));
const map = new Surface(element("map", HTMLCanvasElement));
const steering = new Steering(scene.canvas);
const drive = new Drive(steering, SPEED, ({ x, y }) => {
  stay.room?.send("move", { dx: x, dy: y });
});
const link = new Link();
const bots = new Bots(location.origin);
const client = new Client(location.origin, { WebSocket: link.WebSocket });
const patches = new Rate();
const trails = new Trails();
const beat = new Beat();
const smoothing: Smoothing = { interpolation: true, prediction: true };
let players: Players | undefined;
let figures: readonly Figure[] = [];
let centre = { x: SIDE / 2, y: SIDE / 2 };
let drawnAt = 0;
let camera: Camera = lookAt({ centre, side: SIDE, sight: SIDE }, freeArea(scene));

const stay = new Stay<Arena>({
  join: () => client.joinOrCreate<Arena>("arena"),
  entered(room) {
    players = new Players(room);
    drive.reset();
    bots.follow(room.roomId);
    room.onPatch(({ receivedMs }) => patches.add(1, receivedMs));
  },
});

eachFrame((now) => {
  const { room } = stay;
  drawnAt = now;
  const serverMs = room?.clock.serverNow();
  if (serverMs !== undefined) beat.show(serverMs);
  if (room?.isConnected && players) {
    figures = players.figures(now, smoothing);
    drive.steer(now, camera.toScreen(centre));
  }
  const own = figures.find(({ isOwn }) => isOwn);
  if (own) centre = { x: own.x, y: own.y };
  trails.add(now, figures);
  const phase = serverMs === undefined ? 1 : beat.phase(serverMs);
  camera = drawScene(
    scene,
    { figures, centre, phase, stick: steering.stick, free: freeArea(scene) },
    trails,
  );
  drawMap(map, {
    side: SIDE,
    dots: figures
      .filter(({ isOwn }) => !isOwn)
      .map(({ session, x, y }) => ({ x, y, hue: friendly(session).hue })),
    own,
    frame: camera,
    dot: 2.5,
  });
});

for (const name of ["interpolation", "prediction"] as const) {
  const toggle = element(name, HTMLInputElement);
  toggle.checked = smoothing[name];
  toggle.addEventListener("change", () => {
    smoothing[name] = toggle.checked;
  });
}

const latency = element("latency", HTMLInputElement);
latency.addEventListener("input", () => {
  link.latencyMs = latency.valueAsNumber;
  write(element("latency-value", HTMLOutputElement), `${link.latencyMs} ms`);
});

const botsWanted = element("bots", HTMLInputElement);
botsWanted.addEventListener("input", () => {
  bots.wanted = botsWanted.valueAsNumber;
});
bots.onCount = (count, isFull) => {
  write(element("bots-value", HTMLOutputElement), isFull ? `${count}, no more fit in` : `${count}`);
  if (isFull) botsWanted.valueAsNumber = count;
};

// A browser may remember what a form had: begin as the page is written.
latency.value = "0";
botsWanted.value = "0";

const lateness = followLateness("arena");
showFigures({
  brief: () => milliseconds(stay.room?.clock.rttMs),
  ping: () => milliseconds(stay.room?.clock.rttMs),
  patches: () => `${patches.perSecond(performance.now()).toFixed(0)} per second`,
  bytes: () => bytesPerSecond(link.received.perSecond(performance.now())),
  lateness,
  players: () => `${stay.room?.state.players?.size ?? 0}`,
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
    get now() {
      return drawnAt;
    },
    get figures() {
      return figures;
    },
  },
});
