import type { Camera } from "./camera.ts";
import type { Palette } from "./surface.ts";

/** A square floor with its grid, and the ring that the downbeat sends over it. */
export function drawFloor(
  context: CanvasRenderingContext2D,
  camera: Camera,
  palette: Palette,
  { side, step, phase }: { readonly side: number; readonly step: number; readonly phase: number },
): void {
  const { scale } = camera;
  const corner = camera.toScreen({ x: 0, y: 0 });
  const size = side * scale;
  context.save();
  context.beginPath();
  context.roundRect(corner.x, corner.y, size, size, 18 * scale);
  context.fillStyle = palette.floor;
  context.fill();
  context.clip();
  drawGrid(context, camera, palette, side, step);
  drawRing(context, palette, corner.x + size / 2, corner.y + size / 2, size, phase);
  context.restore();
  context.beginPath();
  context.roundRect(corner.x, corner.y, size, size, 18 * scale);
  context.strokeStyle = palette.edge;
  context.lineWidth = 2;
  context.stroke();
}

function drawGrid(
  context: CanvasRenderingContext2D,
  camera: Camera,
  palette: Palette,
  side: number,
  step: number,
): void {
  const { x: left, y: top } = camera.toScreen({ x: 0, y: 0 });
  context.beginPath();
  for (let at = step; at < side; at += step) {
    const [x, y] = [left + at * camera.scale, top + at * camera.scale];
    context.moveTo(x, top);
    context.lineTo(x, top + side * camera.scale);
    context.moveTo(left, y);
    context.lineTo(left + side * camera.scale, y);
  }
  context.strokeStyle = palette.grid;
  context.lineWidth = 1;
  context.stroke();
}

/** Runs from the middle to the corners while the bar lasts, and fades. */
function drawRing(
  context: CanvasRenderingContext2D,
  palette: Palette,
  x: number,
  y: number,
  size: number,
  phase: number,
): void {
  const strength = (1 - phase) ** 2;
  if (strength <= 0) return;
  context.save();
  context.globalAlpha = strength * (palette.isDark ? 0.3 : 0.22);
  context.strokeStyle = palette.ember;
  for (const [width, delay] of [
    [0.006, 0],
    [0.03, 0.012],
  ] as const) {
    context.beginPath();
    context.arc(x, y, Math.max(0, phase - delay) * size * 0.75, 0, 2 * Math.PI);
    context.lineWidth = width * size;
    context.stroke();
    context.globalAlpha *= 0.4;
  }
  context.restore();
}
