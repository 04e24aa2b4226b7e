import type { Page } from "playwright-core";

/** Round trips of which the quickest tells best. */
const TRIPS = 30;

/**
 * What this process's monotonic clock is ahead of a page's, milliseconds. Wall clocks are not
 * asked: they may step between two pages' beginnings.
 */
export async function aheadOf(page: Page): Promise<number> {
  let best = { trip: Number.POSITIVE_INFINITY, ahead: 0 };
  for (let trips = 0; trips < TRIPS; trips++) {
    const sent = performance.now();
    const there = await page.evaluate(() => performance.now());
    const trip = performance.now() - sent;
    if (trip < best.trip) best = { trip, ahead: sent + trip / 2 - there };
  }
  return best.ahead;
}
