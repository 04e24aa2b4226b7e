/** Samples that are remembered: at one ping in two seconds, half a minute. */
const SAMPLES_MAX = 16;

interface Sample {
  readonly rttMs: number;
  readonly offsetMs: number;
}

/**
 * Estimates the round-trip time and the room's clock from pings. Reads no clock itself.
 *
 * Of the last pings the quickest tells the offset: what a ping loses in queues makes it long, and
 * nothing makes it short (the clock filter of NTP, RFC 5905 section 10).
 */
export class ClockEstimate {
  #samples: Sample[] = [];

  /** A pong has come. All times in milliseconds, the server's on its own clock. */
  sample(sentMs: number, serverMs: number, receivedMs: number): void {
    const rttMs = Math.max(0, receivedMs - sentMs);
    const offsetMs = serverMs - (sentMs + rttMs / 2);
    this.#samples = [...this.#samples.slice(1 - SAMPLES_MAX), { rttMs, offsetMs }];
  }

  /** Forgets all: another connection is another way. */
  reset(): void {
    this.#samples = [];
  }

  /** The median of the last pings, milliseconds; undefined before the first pong. */
  get rttMs(): number | undefined {
    const rtts = this.#samples.map(({ rttMs }) => rttMs).sort((one, other) => one - other);
    return rtts[Math.floor(rtts.length / 2)];
  }

  /** What the room's clock is ahead of this one, milliseconds. */
  get offsetMs(): number | undefined {
    let best: Sample | undefined;
    for (const sample of this.#samples) if (!best || sample.rttMs <= best.rttMs) best = sample;
    return best?.offsetMs;
  }

  /** The room's clock at a time of this one. */
  serverNow(nowMs: number): number | undefined {
    const { offsetMs } = this;
    return offsetMs === undefined ? undefined : nowMs + offsetMs;
  }
}
