/** Microseconds on a logarithmic axis that covers whole decades, so that it seldom moves. */
export class LogScale {
  readonly #low: number;
  readonly #high: number;

  /** Covers all of these, and two decades at least. */
  constructor(values: Iterable<number>) {
    let [least, most] = [Number.POSITIVE_INFINITY, 0];
    for (const value of values) {
      if (value <= 0) continue;
      least = Math.min(least, value);
      most = Math.max(most, value);
    }
    const high = Math.ceil(Math.log10(Math.max(most, 100)));
    const low = Number.isFinite(least) ? Math.floor(Math.log10(least)) : high - 2;
    this.#high = high;
    this.#low = Math.min(Math.max(low, 0), high - 2);
  }

  /** From 0, at the bottom, to 1. */
  part(us: number): number {
    const place = (Math.log10(Math.max(us, 1e-3)) - this.#low) / (this.#high - this.#low);
    return Math.min(1, Math.max(0, place));
  }

  /** The decades. */
  get marks(): readonly number[] {
    const decades = this.#high - this.#low;
    return Array.from({ length: decades + 1 }, (_, index) => 10 ** (this.#low + index));
  }
}

/** A decade in few characters. */
export function markText(us: number): string {
  if (us < 1_000) return `${us} µs`;
  if (us < 1_000_000) return `${us / 1_000} ms`;
  return `${us / 1_000_000} s`;
}
