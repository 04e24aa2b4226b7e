/**
 * How late ticks of a room type started, from the server's own histogram: what came between two
 * looks at `/metrics`, so that it speaks of now and not of the server's whole life.
 */
export class Lateness {
  #before: Buckets = new Map();

  constructor(readonly room: string) {}

  /** The lateness, in milliseconds, under which 99 of 100 ticks since the last look started. */
  p99(metrics: string): number | undefined {
    const now = buckets(metrics, this.room);
    const before = this.#before;
    this.#before = now;
    return quantile(difference(now, before), 0.99);
  }
}

/** Cumulative counts by their upper bounds, in seconds, in rising order. */
type Buckets = Map<number, number>;

const FAMILY = "downbeat_tick_start_lateness_seconds_bucket";
const LINE = new RegExp(`^${FAMILY}\\{([^}]*)\\} (\\S+)$`, "gm");

function buckets(metrics: string, room: string): Buckets {
  const sums = new Map<number, number>();
  for (const [, labels = "", count = ""] of metrics.matchAll(LINE)) {
    if (!labels.includes(`room="${room}"`)) continue;
    const bound = /le="([^"]*)"/.exec(labels)?.[1];
    const le = bound === "+Inf" ? Number.POSITIVE_INFINITY : Number(bound);
    sums.set(le, (sums.get(le) ?? 0) + Number(count));
  }
  return new Map([...sums].sort(([a], [b]) => a - b));
}

function difference(now: Buckets, before: Buckets): Buckets {
  return new Map([...now].map(([le, count]) => [le, count - (before.get(le) ?? 0)]));
}

/** Interpolated within its bucket, as Prometheus does it. */
function quantile(counts: Buckets, part: number): number | undefined {
  const total = counts.get(Number.POSITIVE_INFINITY) ?? 0;
  if (total <= 0) return undefined;
  let [lower, below] = [0, 0];
  for (const [upper, count] of counts) {
    if (count >= part * total) {
      if (upper === Number.POSITIVE_INFINITY) return lower * 1_000;
      const inside = (part * total - below) / (count - below);
      return (lower + inside * (upper - lower)) * 1_000;
    }
    [lower, below] = [upper, count];
  }
  return undefined;
}
