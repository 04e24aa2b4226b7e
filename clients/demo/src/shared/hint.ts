import { element } from "./dom.ts";
import type { Steering } from "./steering.ts";

/** How long the hint stays once it was heeded, milliseconds. */
const DONE_MS = 1_200;

/** Takes the hint how to move away once somebody has moved. */
export function hideHint(steering: Steering): void {
  const hint = element("hint", HTMLParagraphElement);
  steering.onFirst(() => setTimeout(() => hint.classList.add("done"), DONE_MS));
}
