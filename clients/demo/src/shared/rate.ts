/** Counts what happens, and says how much of it there was per second lately. */
export class Rate {
  #amounts: number[] = [];
  #times: number[] = [];

  /** @param windowMs How far back "lately" goes. */
  constructor(readonly windowMs = 2_000) {}

  add(amount: number, now: number): void {
    this.#amounts.push(amount);
    this.#times.push(now);
    this.#forget(now);
  }

  perSecond(now: number): number {
    this.#forget(now);
    const sum = this.#amounts.reduce((sum, amount) => sum + amount, 0);
    return (sum * 1_000) / this.windowMs;
  }

  #forget(now: number): void {
    let old = 0;
    while (old < this.#times.length && (this.#times[old] as number) <= now - this.windowMs) old++;
    this.#amounts.splice(0, old);
    this.#times.splice(0, old);
  }
}
