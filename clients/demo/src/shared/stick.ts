import { STICK_REACH, type Stick } from "./steering.ts";
import type { Palette } from "./surface.ts";
import { atMost } from "./vector.ts";

/** Draws the finger's stick, as a ring with a knob. */
export function drawStick(
  context: CanvasRenderingContext2D,
  palette: Palette,
  { origin, at }: Stick,
): void {
  const knob = atMost({ x: at.x - origin.x, y: at.y - origin.y }, STICK_REACH);
  context.save();
  context.globalAlpha = 0.5;
  context.strokeStyle = palette.ink;
  context.lineWidth = 1.5;
  context.beginPath();
  context.arc(origin.x, origin.y, STICK_REACH, 0, 2 * Math.PI);
  context.stroke();
  context.fillStyle = palette.ember;
  context.globalAlpha = 0.85;
  context.beginPath();
  context.arc(origin.x + knob.x, origin.y + knob.y, 22, 0, 2 * Math.PI);
  context.fill();
  context.restore();
}
