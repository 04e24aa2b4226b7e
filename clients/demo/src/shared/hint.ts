import { element } from "./dom.ts";
import type { Steering } from "./steering.ts";

/** How long the hint stays once it was heeded, milliseconds. */
const DONE_MS = 1_200;

/** Takes the hint how to move away once somebody has moved. */
export function hideHint(steering: Steering): void {
  const hint = element("hint", HTMLParagraphElement);
  steering.onFirst(() => setTimeout(() => hint.classList.add("done"), DONE_MS));
}

/** What an open panel covers of a wide page's right side, pixels. */
export function coveredByPanel(): number {
  const panel = element("panel", HTMLDetailsElement);
  const isBeside = panel.open && panel.offsetWidth < innerWidth / 2;
  return isBeside ? innerWidth - panel.offsetLeft : 0;
}

/** On a narrow page the panel begins closed: it would cover all. */
export function foldPanel(): void {
  const isNarrow = matchMedia("(max-width: 40rem)").matches;
  element("panel", HTMLDetailsElement).open = !isNarrow;
}
