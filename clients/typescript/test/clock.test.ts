import { expect, test } from "vitest";
import { backoffMs } from "../src/backoff.js";
import { ClockEstimate } from "../src/clock.js";

test("the quickest ping tells the clock, the median the way", () => {
  const clock = new ClockEstimate();
  expect([clock.rttMs, clock.offsetMs, clock.serverNow(0)]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
  // The server is 1,000 ahead; the way back of the others took longer than the way there.
  clock.sample(0, 1_010, 60);
  clock.sample(100, 1_110, 120);
  clock.sample(200, 1_210, 300);
  expect(clock.rttMs).toBe(60);
  expect(clock.offsetMs).toBe(1_000);
  expect(clock.serverNow(500)).toBe(1_500);
});

test("old pings are forgotten", () => {
  const clock = new ClockEstimate();
  clock.sample(0, 5, 10);
  for (let ping = 1; ping <= 16; ping++) clock.sample(ping, ping + 1_025, ping + 50);
  expect(clock.rttMs).toBe(50);
  expect(clock.offsetMs).toBe(1_000);
  clock.reset();
  expect(clock.rttMs).toBeUndefined();
});

test("delays grow to their bound, and chance makes them shorter only", () => {
  const options = { delayMs: 100, factor: 2, delayMaxMs: 500, jitter: 0.5 };
  const delays = (random: number) => [0, 1, 2, 3, 4, 50].map((n) => backoffMs(n, options, random));
  expect(delays(0)).toEqual([0, 100, 200, 400, 500, 500]);
  expect(delays(1)).toEqual([50, 50, 100, 200, 250, 250]);
  expect(backoffMs(3, { ...options, jitter: 0 }, 1)).toBe(400);
});
