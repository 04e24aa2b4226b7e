import { type Area, type Camera, lookAt } from "../shared/camera.ts";
import { drawFloor } from "../shared/floor.ts";
import { friendly } from "../shared/friendly.ts";
import type { Stick } from "../shared/steering.ts";
import { drawStick } from "../shared/stick.ts";
import { type Palette, type Surface, tint } from "../shared/surface.ts";
import type { Vector } from "../shared/vector.ts";
import { HP, SIDE } from "./rules.ts";
import type { Trails } from "./trails.ts";

/** A player as it is drawn. */
export interface Figure extends Vector {
  readonly session: string;
  readonly hp: number;
  readonly isOwn: boolean;
}

/** What a frame shows. */
export interface Scene {
  readonly figures: readonly Figure[];
  readonly centre: Vector;
  /** Of the bar, 0 to 1. */
  readonly phase: number;
  readonly stick: Stick | undefined;
  /** Of the screen, where the centre should be. */
  readonly free: Area;
}

/** Units that fit into the screen's shorter side. */
const SIGHT = 620;
/** Units. */
const RADIUS = 15;
const GRID = 50;
/** Pixels: the size of the bar of a health that is full. */
const HEALTH = [40, 5] as const;

/** Draws the arena, and says how it was looked at. */
export function drawScene(surface: Surface, scene: Scene, trails: Trails): Camera {
  const { palette } = surface;
  const context = surface.begin();
  const camera = lookAt({ centre: scene.centre, side: SIDE, sight: SIGHT }, scene.free);
  drawFloor(context, camera, palette, { side: SIDE, step: GRID, phase: scene.phase });
  // The own player last: above all others.
  const figures = [...scene.figures].sort((one, other) => Number(one.isOwn) - Number(other.isOwn));
  for (const figure of figures) drawTrail(context, camera, palette, figure, trails);
  for (const figure of figures) drawFigure(context, camera, palette, figure);
  for (const figure of figures) drawName(context, camera, palette, figure);
  if (scene.stick) drawStick(context, palette, scene.stick);
  return camera;
}

function drawTrail(
  context: CanvasRenderingContext2D,
  camera: Camera,
  palette: Palette,
  figure: Figure,
  trails: Trails,
): void {
  const places = trails.of(figure.session);
  const { hue } = friendly(figure.session);
  context.lineCap = "round";
  for (let at = 1; at < places.length; at++) {
    const age = at / places.length;
    const from = camera.toScreen(places[at - 1] as Vector);
    const to = camera.toScreen(places[at] as Vector);
    context.beginPath();
    context.moveTo(from.x, from.y);
    context.lineTo(to.x, to.y);
    context.strokeStyle = tint(hue, palette, age * 0.35);
    context.lineWidth = RADIUS * camera.scale * 1.5 * age;
    context.stroke();
  }
}

function drawFigure(
  context: CanvasRenderingContext2D,
  camera: Camera,
  palette: Palette,
  figure: Figure,
): void {
  const { x, y } = camera.toScreen(figure);
  const radius = RADIUS * camera.scale;
  const { hue } = friendly(figure.session);
  const body = context.createRadialGradient(
    x - radius / 3,
    y - radius / 2.5,
    1,
    x,
    y,
    radius * 1.15,
  );
  body.addColorStop(0, `oklch(0.9 0.09 ${hue})`);
  body.addColorStop(1, tint(hue, palette));
  context.save();
  context.shadowColor = tint(hue, palette, palette.isDark ? 0.7 : 0.45);
  context.shadowBlur = radius * (figure.isOwn ? 1.8 : 0.9);
  context.fillStyle = body;
  circle(context, x, y, radius);
  context.fill();
  context.restore();
  context.lineWidth = 2;
  context.strokeStyle = palette.floor;
  circle(context, x, y, radius + 1);
  context.stroke();
  if (figure.isOwn) drawMark(context, palette, x, y, radius + 6 * camera.scale);
}

/** A ring round the own player. */
function drawMark(
  context: CanvasRenderingContext2D,
  palette: Palette,
  x: number,
  y: number,
  radius: number,
): void {
  context.strokeStyle = palette.ink;
  context.lineWidth = 2;
  circle(context, x, y, radius);
  context.stroke();
}

function drawName(
  context: CanvasRenderingContext2D,
  camera: Camera,
  palette: Palette,
  figure: Figure,
): void {
  const { x, y } = camera.toScreen(figure);
  const below = y + (RADIUS + (figure.isOwn ? 14 : 9)) * camera.scale;
  const name = figure.isOwn ? "You" : friendly(figure.session).name;
  context.textAlign = "center";
  context.textBaseline = "top";
  context.font = `${figure.isOwn ? 700 : 550} 13px ${FONT}`;
  // A rim of floor keeps the letters readable over whatever is below.
  context.lineJoin = "round";
  context.lineWidth = 4;
  context.strokeStyle = palette.floor;
  context.strokeText(name, x, below);
  context.fillStyle = figure.isOwn ? palette.ink : palette.quiet;
  context.fillText(name, x, below);
  drawHealth(context, palette, figure, x, below + 19);
}

/** A bar that is full with full health. */
function drawHealth(
  context: CanvasRenderingContext2D,
  palette: Palette,
  { hp, session }: Figure,
  x: number,
  y: number,
): void {
  const [width, height] = HEALTH;
  const bar = (length: number) => {
    context.beginPath();
    context.roundRect(x - width / 2, y, length, height, height / 2);
  };
  context.fillStyle = palette.grid;
  context.strokeStyle = palette.floor;
  context.lineWidth = 3;
  bar(width);
  context.stroke();
  context.fill();
  context.fillStyle = tint(friendly(session).hue, palette);
  bar((width * hp) / HP);
  context.fill();
}

const FONT = 'Inter, "Avenir Next", "Segoe UI", system-ui, sans-serif';

function circle(context: CanvasRenderingContext2D, x: number, y: number, radius: number): void {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
}
