import type { Area } from "./camera.ts";
import { element } from "./dom.ts";
import type { Surface } from "./surface.ts";

const panel = element("panel", HTMLDetailsElement);
const map = element("map", HTMLCanvasElement);

/** On a narrow page the panel begins closed: it would cover all. */
export function foldPanel(): void {
  panel.open = !isAbove();
}

/** What panel and map leave of the scene: where the own player should be. */
export function freeArea({ width, height }: Surface): Area {
  if (!isAbove()) return { left: 0, top: 0, width: panel.offsetLeft, height };
  const summary = panel.firstElementChild as HTMLElement;
  const top = panel.offsetTop + summary.offsetHeight;
  return { left: 0, top, width, height: map.offsetTop - top };
}

/** Whether the panel lies above the scene, as on a telephone, rather than beside it. */
function isAbove(): boolean {
  return panel.offsetWidth > innerWidth / 2;
}
