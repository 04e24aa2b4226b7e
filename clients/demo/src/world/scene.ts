import { type Area, type Camera, lookAt } from "../shared/camera.ts";
import { drawFloor } from "../shared/floor.ts";
import { friendly } from "../shared/friendly.ts";
import type { Stick } from "../shared/steering.ts";
import { drawStick } from "../shared/stick.ts";
import { type Palette, type Surface, tint } from "../shared/surface.ts";
import type { Vector } from "../shared/vector.ts";
import type { Headings } from "./headings.ts";
import type { Seen } from "./near.ts";
import { CELL } from "./room.ts";

/** What a frame shows. */
export interface Scene {
  readonly seen: readonly Seen[];
  readonly centre: Vector;
  readonly side: number;
  readonly phase: number;
  /** The cells that the server tells this client of. */
  readonly window: Window;
  readonly showsCells: boolean;
  readonly stick: Stick | undefined;
  /** Of the screen, where the centre should be. */
  readonly free: Area;
}

/** A rectangle of the plane, units. */
export interface Window {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Units that fit into the screen's shorter side: a little more than what is in sight. */
const SIGHT = 640;
/** Units. */
const DRIFTER = 5;
const PLAYER = 11;

/** Draws what is near, and says how it was looked at. */
export function drawScene(surface: Surface, scene: Scene, headings: Headings): Camera {
  const { palette } = surface;
  const context = surface.begin();
  const camera = lookAt({ ...scene, sight: SIGHT }, scene.free);
  drawFloor(context, camera, palette, { side: scene.side, step: CELL, phase: scene.phase });
  dimUnseen(context, camera, palette, scene);
  if (scene.showsCells) drawCells(context, camera, palette, scene.window);
  for (const seen of scene.seen) {
    if (seen.session === undefined) drawDrifter(context, camera, palette, seen, headings);
    else drawPlayer(context, camera, palette, seen, seen.session);
  }
  if (scene.stick) drawStick(context, palette, scene.stick);
  return camera;
}

/** Lays a veil over what the server does not tell this client of. */
function dimUnseen(
  context: CanvasRenderingContext2D,
  camera: Camera,
  palette: Palette,
  { window, side }: Scene,
): void {
  const world = camera.toScreen({ x: 0, y: 0 });
  const seen = camera.toScreen({ x: window.left, y: window.top });
  const { scale } = camera;
  context.save();
  context.globalAlpha = 0.75;
  context.fillStyle = palette.paper;
  context.beginPath();
  context.rect(world.x + 1, world.y + 1, side * scale - 2, side * scale - 2);
  context.roundRect(seen.x, seen.y, window.width * scale, window.height * scale, 10);
  context.fill("evenodd");
  context.restore();
}

/** The cells in sight, one by one. */
function drawCells(
  context: CanvasRenderingContext2D,
  camera: Camera,
  palette: Palette,
  window: Window,
): void {
  context.save();
  context.strokeStyle = palette.ember;
  context.fillStyle = palette.ember;
  for (let x = window.left; x < window.left + window.width; x += CELL) {
    for (let y = window.top; y < window.top + window.height; y += CELL) {
      const at = camera.toScreen({ x, y });
      const size = CELL * camera.scale;
      context.beginPath();
      context.roundRect(at.x + 2, at.y + 2, size - 4, size - 4, 8);
      context.globalAlpha = 0.05;
      context.fill();
      context.globalAlpha = 0.4;
      context.stroke();
    }
  }
  context.restore();
}

/** A small fish: a head, and a tail where it came from. */
function drawDrifter(
  context: CanvasRenderingContext2D,
  camera: Camera,
  palette: Palette,
  seen: Seen,
  headings: Headings,
): void {
  const { x, y } = camera.toScreen(seen);
  const size = DRIFTER * camera.scale * (0.75 + ((seen.id * 0.618) % 0.6)) * seen.presence;
  const angle = headings.of(seen.id);
  const [dx, dy] = [Math.cos(angle) * size, Math.sin(angle) * size];
  context.fillStyle = tint(hueOf(angle), palette, 0.85 * seen.presence);
  context.beginPath();
  context.arc(x, y, size, angle - Math.PI / 2, angle + Math.PI / 2);
  context.quadraticCurveTo(x - dx, y - dy, x - 3.2 * dx, y - 3.2 * dy);
  context.quadraticCurveTo(x - dx, y - dy, x + dy, y - dx);
  context.fill();
}

/** Those who go the same way have the same colour: streams become visible. */
function hueOf(angle: number): number {
  return 225 + 75 * Math.sin(angle);
}

function drawPlayer(
  context: CanvasRenderingContext2D,
  camera: Camera,
  palette: Palette,
  seen: Seen,
  session: string,
): void {
  const { x, y } = camera.toScreen(seen);
  const radius = PLAYER * camera.scale;
  const { hue, name } = friendly(session);
  context.save();
  context.globalAlpha = seen.presence;
  context.shadowColor = seen.isOwn ? palette.ember : tint(hue, palette, 0.6);
  context.shadowBlur = radius * 1.6;
  context.fillStyle = seen.isOwn ? palette.ember : tint(hue, palette);
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fill();
  context.shadowBlur = 0;
  context.lineWidth = 3;
  context.strokeStyle = palette.floor;
  context.stroke();
  if (seen.isOwn) {
    context.lineWidth = 2;
    context.strokeStyle = palette.ink;
    context.beginPath();
    context.arc(x, y, radius + 5 * camera.scale, 0, 2 * Math.PI);
    context.stroke();
  }
  context.restore();
  drawName(context, palette, seen.isOwn ? "You" : name, x, y + radius + 8 * camera.scale);
}

function drawName(
  context: CanvasRenderingContext2D,
  palette: Palette,
  name: string,
  x: number,
  y: number,
): void {
  context.textAlign = "center";
  context.textBaseline = "top";
  context.font = '650 13px Inter, "Avenir Next", "Segoe UI", system-ui, sans-serif';
  context.lineJoin = "round";
  context.lineWidth = 4;
  context.strokeStyle = palette.floor;
  context.strokeText(name, x, y);
  context.fillStyle = palette.ink;
  context.fillText(name, x, y);
}
