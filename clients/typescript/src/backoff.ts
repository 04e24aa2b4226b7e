import type { ReconnectionOptions } from "./options.js";

/** What a backoff looks at. */
export type BackoffOptions = Required<
  Pick<ReconnectionOptions, "delayMs" | "factor" | "delayMaxMs" | "jitter">
>;

/**
 * How long to wait before a try, milliseconds. Try 0 is made at once, give or take the jitter of
 * one delay: a server that lost a thousand clients should not get them back in one instant.
 *
 * @param random from 0 up to 1
 */
export function backoffMs(attempt: number, options: BackoffOptions, random: number): number {
  const { delayMs, factor, delayMaxMs, jitter } = options;
  if (attempt === 0) return delayMs * jitter * random;
  const delay = Math.min(delayMs * factor ** (attempt - 1), delayMaxMs);
  return delay * (1 - jitter * random);
}
