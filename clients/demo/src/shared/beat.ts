import { STILL } from "./surface.ts";

/** 120 beats per minute, four to the bar. */
const BEAT_MS = 500;
const BAR = 4;

/**
 * The beat that all pages share: it follows the room's clock as each page estimates it, so windows
 * side by side light up together.
 */
export class Beat {
  readonly #lights = document.querySelectorAll(".beats i");
  #last = -1;

  /** Lights the beat of this moment in the page's bar. */
  show(serverMs: number): void {
    const beat = Math.floor(serverMs / BEAT_MS) % BAR;
    if (beat === this.#last || STILL.matches) return;
    this.#last = beat;
    for (const [index, light] of this.#lights.entries())
      light.classList.toggle("on", index === beat);
  }

  /** How long ago the bar began, from 0 to 1 of the bar. */
  phase(serverMs: number): number {
    return STILL.matches ? 1 : (serverMs % (BEAT_MS * BAR)) / (BEAT_MS * BAR);
  }
}

/** Shows the beat on a page that draws no frames. */
export function followBeat(serverNow: () => number | undefined): void {
  const beat = new Beat();
  const follow = () => {
    const now = serverNow();
    if (now !== undefined) beat.show(now);
    const left = now === undefined ? BEAT_MS : BEAT_MS - (now % BEAT_MS);
    setTimeout(follow, left);
  };
  follow();
}
