import { type Surface, tint } from "./surface.ts";
import type { Vector } from "./vector.ts";

/** What a mini-map shows of a square plane. */
export interface MapView {
  readonly side: number;
  readonly dots: Iterable<Vector & { readonly hue: number }>;
  readonly own: Vector | undefined;
  /** A part of the plane that is framed. */
  readonly frame: {
    readonly left: number;
    readonly top: number;
    readonly width: number;
    readonly height: number;
  };
  /** Pixels. */
  readonly dot: number;
}

/** Between the map's border and the plane, pixels. */
const PADDING = 8;

export function drawMap(surface: Surface, view: MapView): void {
  const { palette, width } = surface;
  const context = surface.begin();
  const scale = (width - 2 * PADDING) / view.side;
  const at = (units: number) => PADDING + units * scale;
  const end = (units: number) => at(Math.min(units, view.side));
  const { frame } = view;
  const [left, top] = [at(Math.max(frame.left, 0)), at(Math.max(frame.top, 0))];
  context.fillStyle = palette.grid;
  context.strokeStyle = palette.edge;
  context.lineWidth = 1;
  context.beginPath();
  context.roundRect(
    left,
    top,
    end(frame.left + frame.width) - left,
    end(frame.top + frame.height) - top,
    4,
  );
  context.fill();
  context.stroke();
  for (const { x, y, hue } of view.dots) {
    context.fillStyle = tint(hue, palette);
    context.beginPath();
    context.arc(at(x), at(y), view.dot, 0, 2 * Math.PI);
    context.fill();
  }
  if (!view.own) return;
  context.fillStyle = palette.ember;
  context.strokeStyle = palette.floor;
  context.lineWidth = 2;
  context.beginPath();
  context.arc(at(view.own.x), at(view.own.y), 4.5, 0, 2 * Math.PI);
  context.fill();
  context.stroke();
}
