import { Track, type TrackOptions } from "./track.js";

/** How rows move between patches. */
export interface InterpolationOptions<F extends string> {
  /** Between two patches, milliseconds. */
  readonly patchMs: number;
  /** The numbers of a row that move. */
  readonly fields: readonly F[];
  /** How far a row goes on if the next patch is late, milliseconds. Default: one patch. */
  readonly extrapolationMs?: number;
  /** A field that differs by more between two patches has jumped. Default: none does. */
  readonly jumpMax?: number;
  /** Fields that go round in a circle, with its period: `{ heading: 2 * Math.PI }`. */
  readonly periods?: { readonly [field in F]?: number };
}

/**
 * Finds rows between the patches that told of them. Knows no socket and no clock: see
 * {@link interpolate} for one that does, and {@link Timeline} for which time to ask for.
 */
export class Interpolation<K, F extends string> {
  readonly #fields: readonly F[];
  readonly #options: TrackOptions;
  readonly #tracks = new Map<K, Track>();
  #knownMs = Number.NEGATIVE_INFINITY;

  constructor(options: InterpolationOptions<F>) {
    const { patchMs, fields } = options;
    this.#fields = fields;
    this.#options = {
      patchMs,
      extrapolationMs: options.extrapolationMs ?? patchMs,
      jumpMax: options.jumpMax ?? Number.POSITIVE_INFINITY,
      periods: fields.map((field) => options.periods?.[field] ?? 0),
    };
  }

  /** A patch of this time has come, whatever was in it. */
  advance(serverMs: number): void {
    this.#knownMs = serverMs;
  }

  /** A row came or changed in the patch of this time. */
  push(key: K, serverMs: number, row: { readonly [field in F]: number }): void {
    let track = this.#tracks.get(key);
    if (!track) {
      track = new Track(this.#options);
      this.#tracks.set(key, track);
    }
    const point = this.#fields.map((field) => row[field]);
    track.push(serverMs, point);
  }

  /** A row is gone. */
  remove(key: K): void {
    this.#tracks.delete(key);
  }

  /** Where a row is at a time; undefined if there is no such row. */
  at(key: K, serverMs: number): { [field in F]: number } | undefined {
    const point = this.#tracks.get(key)?.at(serverMs, this.#knownMs);
    if (!point) return undefined;
    const row = {} as { [field in F]: number };
    for (const [index, field] of this.#fields.entries()) row[field] = point[index] ?? 0;
    return row;
  }
}
