/** Ends a subscription. May be called more than once. */
export type Unsubscribe = () => void;

/** Somebody who listens. */
export type Listener<Arguments extends readonly unknown[]> = (...values: Arguments) => void;

/** Takes what a listener threw: its fault must not become that of the others or of the library. */
export type Report = (error: unknown) => void;

/** Those who listen to one thing, in the order in which they came. */
export class Signal<Arguments extends readonly unknown[]> {
  /** Replaced rather than changed: whoever comes during a call is not part of it. */
  #listeners: readonly Listener<Arguments>[] = [];
  readonly #report: Report;

  constructor(report: Report) {
    this.#report = report;
  }

  get isHeard(): boolean {
    return this.#listeners.length > 0;
  }

  on(listener: Listener<Arguments>): Unsubscribe {
    // Wrapped, so that the same function may listen twice and stop once.
    const own: Listener<Arguments> = (...values) => listener(...values);
    this.#listeners = [...this.#listeners, own];
    return () => {
      this.#listeners = this.#listeners.filter((other) => other !== own);
    };
  }

  emit(...values: Arguments): void {
    for (const listener of this.#listeners) this.call(listener, ...values);
  }

  /** Calls one listener as {@link emit} would. */
  call(listener: Listener<Arguments>, ...values: Arguments): void {
    try {
      listener(...values);
    } catch (error) {
      this.#report(error);
    }
  }
}
