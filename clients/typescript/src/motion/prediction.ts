/** Numbers of the own row that are predicted, such as x and y. */
export type Motion = { readonly [field: string]: number };

/** How the own row moves. */
export interface PredictionOptions<S extends Motion, C> {
  /**
   * What the room does to the row in a time, under a control: the last input that set one, or
   * undefined before the first. Must be the room's own rule, walls included, and change nothing.
   */
  step(motion: S, control: C | undefined, seconds: number): S;
  /** Between two patches, milliseconds. */
  readonly patchMs: number;
  /** The longest single step, milliseconds; longer times are cut into several. Default 50. */
  readonly stepMaxMs?: number;
  /** In this time an error that a patch brings to light fades to a third, milliseconds. Default 100. */
  readonly smoothingMs?: number;
  /** An error larger than this is a jump, and not smoothed. Default: none is. */
  readonly jumpMax?: number;
  /**
   * How far ahead of the last patch is predicted at most, or of the first input after it in a room
   * that was at rest, milliseconds. Default 1,000.
   */
  readonly aheadMaxMs?: number;
}

/** What a patch says of the own row. */
export interface Authority<S extends Motion> {
  readonly motion: S;
  /** The highest number of the own inputs that it contains. */
  readonly ackedInput: number;
  /** The server's time of it, milliseconds. */
  readonly serverMs: number;
}

interface Input<C> {
  readonly number: number;
  readonly control: C;
  readonly atMs: number;
}

/** The newest word of the server, at the place that it has in the own inputs' time. */
interface Base<S> {
  readonly motion: S;
  readonly ackedInput: number;
  readonly serverMs: number;
  /** The own time up to which inputs are in it. */
  readonly untilMs: number;
  readonly receivedMs: number;
}

/** Inputs that are remembered: four seconds at 60 Hz. */
const INPUTS_MAX = 256;

/**
 * Shows what the own inputs will do before the server says so, and reconciles both by the number
 * of the last input that a patch contains. Knows no socket and no clock: times are arguments, in
 * milliseconds of the own clock unless they are said to be the server's.
 *
 * A patch is the row as it was when inputs up to a time of the own clock had arrived. From there
 * the inputs that followed are played again, up to now. That time goes on as the server's ticks
 * do, so that steady motion needs no correction, and is held between what acknowledgements prove:
 * not before the last acknowledged input, not after the first that is not.
 */
export class Prediction<S extends Motion, C> {
  readonly #options: Required<PredictionOptions<S, C>>;
  #inputs: Input<C>[] = [];
  #base: Base<S> | undefined;
  #error: { readonly by: Motion; readonly atMs: number } = { by: {}, atMs: 0 };

  constructor(options: PredictionOptions<S, C>) {
    this.#options = {
      stepMaxMs: 50,
      smoothingMs: 100,
      jumpMax: Number.POSITIVE_INFINITY,
      aheadMaxMs: 1_000,
      ...options,
    };
  }

  /** An input was sent that sets a control, until the next. */
  push(number: number, control: C, nowMs: number): void {
    this.#inputs.push({ number, control, atMs: nowMs });
    if (this.#inputs.length > INPUTS_MAX) this.#inputs.shift();
  }

  /** A patch has come. */
  reconcile(authority: Authority<S>, nowMs: number): void {
    const shown = this.at(nowMs);
    const untilMs = this.#place(authority, nowMs);
    this.#base = { ...authority, untilMs, receivedMs: nowMs };
    this.#forget(untilMs);
    if (shown)
      this.#error = { by: this.#off(shown, this.#predict(this.#base, nowMs)), atMs: nowMs };
  }

  /** The row as the own inputs will have made it; undefined before the first patch. */
  at(nowMs: number): S | undefined {
    if (!this.#base) return undefined;
    const predicted = this.#predict(this.#base, nowMs);
    // A frame may be dated before the patch that came in it.
    const elapsedMs = Math.max(0, nowMs - this.#error.atMs);
    const left = Math.exp(-elapsedMs / this.#options.smoothingMs);
    const shown: { [field: string]: number } = { ...predicted };
    for (const [field, by] of Object.entries(this.#error.by)) {
      shown[field] = (shown[field] ?? 0) + by * left;
    }
    return shown as S;
  }

  /** Begins anew: the row has come back, or is another one. */
  reset(): void {
    this.#base = undefined;
    this.#inputs = [];
    this.#error = { by: {}, atMs: 0 };
  }

  /** Up to which own time inputs are in a patch. */
  #place({ ackedInput, serverMs }: Authority<S>, nowMs: number): number {
    const { patchMs, aheadMaxMs } = this.#options;
    const former = this.#base;
    const acked = this.#inputs.findLast(({ number }) => number <= ackedInput);
    const next = this.#inputs.find(({ number }) => number > ackedInput);
    let untilMs = former ? former.untilMs + (serverMs - former.serverMs) : nowMs;
    if (acked) {
      untilMs = Math.max(untilMs, acked.atMs);
      // It came since the last patch, whose end is one patch ago.
      const isNew = acked.number > (former?.ackedInput ?? 0);
      if (isNew) untilMs = Math.min(untilMs, acked.atMs + patchMs);
    }
    if (next) untilMs = Math.min(untilMs, next.atMs);
    return Math.min(Math.max(untilMs, nowMs - aheadMaxMs), nowMs);
  }

  /** Plays the inputs again that a patch does not contain. */
  #predict({ motion, ackedInput, untilMs, receivedMs }: Base<S>, nowMs: number): S {
    // A room at rest sends no patches: then the first input that waits for an answer counts.
    const waiting = this.#inputs.find(({ number }) => number > ackedInput);
    const sinceMs = Math.max(receivedMs, waiting?.atMs ?? receivedMs);
    const { aheadMaxMs } = this.#options;
    const endMs = Math.min(nowMs, sinceMs + aheadMaxMs);
    let predicted = motion;
    // What was long at rest need not be played through.
    let fromMs = Math.max(untilMs, endMs - 2 * aheadMaxMs);
    let control: C | undefined;
    for (const input of this.#inputs) {
      if (input.atMs > endMs) break;
      predicted = this.#step(predicted, control, input.atMs - fromMs);
      fromMs = Math.max(fromMs, input.atMs);
      control = input.control;
    }
    return this.#step(predicted, control, endMs - fromMs);
  }

  #step(motion: S, control: C | undefined, elapsedMs: number): S {
    let stepped = motion;
    for (let left = elapsedMs; left > 0; left -= this.#options.stepMaxMs) {
      const seconds = Math.min(left, this.#options.stepMaxMs) / 1_000;
      stepped = this.#options.step(stepped, control, seconds);
    }
    return stepped;
  }

  /** Of the inputs before a time, the last is still in effect. */
  #forget(untilMs: number): void {
    const inEffect = this.#inputs.findLastIndex(({ atMs }) => atMs <= untilMs);
    if (inEffect > 0) this.#inputs = this.#inputs.slice(inEffect);
  }

  /** What was shown, less what is to be shown: fades, unless it is a jump. */
  #off(shown: S, predicted: S): Motion {
    const fields = Object.keys(predicted);
    const by = fields.map((field) => (shown[field] ?? 0) - (predicted[field] ?? 0));
    const isJump = by.some((error) => Math.abs(error) > this.#options.jumpMax);
    return isJump ? {} : Object.fromEntries(fields.map((field, index) => [field, by[index] ?? 0]));
  }
}
