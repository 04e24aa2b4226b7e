/** How far behind the newest patch is shown what is between patches. */
export interface TimelineOptions {
  /** Between two patches, milliseconds. */
  readonly patchMs: number;
  /** The longest delay that a trembling network may cause, milliseconds. Default 500. */
  readonly delayMaxMs?: number;
}

/** Patches that the network is judged by: three seconds at 20 Hz. */
const TRANSITS_MAX = 64;
/** The part of all patches that the delay waits for; the others are extrapolated towards. */
const IN_TIME = 0.95;
/** For the event loop, which hands out a message when it is done with another. */
const MARGIN_MS = 2;
/** Playback is at most this much faster or slower than time: less than anybody sees. */
const HASTE_MAX = 0.03;
/** How fast an error of playback is made good: in about this time, if it is small. */
const SETTLE_MS = 1_000;
/** A frame that comes later than this is a hitch anyway: playback need not be smooth over it. */
const HITCH_MS = 250;

/**
 * Says which moment of the server's time to show. Between two patches lies the way that is shown,
 * so what is shown is older than the newest patch by at least one interval, and by as much more as
 * patches tremble. The delay follows the network; playback follows the delay without a jump.
 *
 * Reads no clock: all times are arguments, in milliseconds.
 */
export class Timeline {
  readonly #patchMs: number;
  readonly #delayMaxMs: number;
  #transits: number[] = [];
  #quickestMs = 0;
  #delayMs: number;
  #shownMs: number | undefined;
  #frameMs = 0;

  constructor(options: TimelineOptions) {
    this.#patchMs = options.patchMs;
    this.#delayMaxMs = Math.max(options.delayMaxMs ?? 500, options.patchMs);
    this.#delayMs = options.patchMs + MARGIN_MS;
  }

  /** What is shown is older by this than the newest that could be here, milliseconds. */
  get delayMs(): number {
    return this.#delayMs;
  }

  /** A patch of the server's time `serverMs` has come. */
  push(serverMs: number, receivedMs: number): void {
    this.#transits = [...this.#transits.slice(1 - TRANSITS_MAX), receivedMs - serverMs];
    const sorted = [...this.#transits].sort((one, other) => one - other);
    const late = sorted[Math.floor((sorted.length - 1) * IN_TIME)] ?? 0;
    this.#quickestMs = sorted[0] ?? 0;
    const delayMs = this.#patchMs + (late - this.#quickestMs) + MARGIN_MS;
    this.#delayMs = Math.min(delayMs, this.#delayMaxMs);
  }

  /** The server's time to show in the frame at `nowMs`; undefined before the first patch. */
  at(nowMs: number): number | undefined {
    if (this.#transits.length === 0) return undefined;
    const target = nowMs - this.#quickestMs - this.#delayMs;
    // Who asks twice in one frame, or with an older time, gets the same answer.
    const elapsed = Math.max(0, nowMs - this.#frameMs);
    this.#frameMs += elapsed;
    this.#shownMs = this.#follow(target, elapsed);
    return this.#shownMs;
  }

  /** Another connection is another way: begins anew, and without regard to what was shown. */
  reset(): void {
    this.#transits = [];
    this.#shownMs = undefined;
  }

  #follow(target: number, elapsed: number): number {
    if (this.#shownMs === undefined || elapsed > HITCH_MS) return target;
    const steady = this.#shownMs + elapsed;
    const error = target - steady;
    if (Math.abs(error) > this.#delayMaxMs) return target;
    const haste = Math.max(-HASTE_MAX, Math.min(HASTE_MAX, error / SETTLE_MS));
    return steady + elapsed * haste;
  }
}
