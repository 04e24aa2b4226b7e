// Parts of the pages that need no page.
import { expect, test } from "vitest";
import { friendly } from "../src/shared/friendly.ts";
import { Lateness } from "../src/shared/lateness.ts";
import { Rate } from "../src/shared/rate.ts";
import { atMost } from "../src/shared/vector.ts";

test("a session has the same name and colour wherever it is seen", () => {
  expect(friendly("1tcgj8p9jw69p")).toEqual(friendly("1tcgj8p9jw69p"));
  const sessions = Array.from({ length: 500 }, (_, number) => `session${number}`);
  const names = new Set(sessions.map((session) => friendly(session).name));
  const hues = new Set(sessions.map((session) => Math.floor(friendly(session).hue / 30)));
  // 576 names for 500 sessions: some are namesakes, but they are spread.
  expect(names.size).toBeGreaterThan(250);
  expect(hues.size).toBe(12);
});

test("a rate is that of the last two seconds", () => {
  const rate = new Rate(2_000);
  for (let now = 0; now <= 10_000; now += 50) rate.add(1, now);
  expect(rate.perSecond(10_000)).toBe(20);
  expect(rate.perSecond(11_000)).toBe(10);
  expect(rate.perSecond(12_001)).toBe(0);
});

test("lateness is that of the ticks since the last look, of one room type, on all shards", () => {
  const metrics = (shard: number, room: string, fast: number, slow: number) => {
    const line = (le: string, count: number) =>
      `downbeat_tick_start_lateness_seconds_bucket{shard="${shard}",room="${room}",le="${le}"} ${count}`;
    return [line("0.001", fast), line("0.002", fast + slow), line("+Inf", fast + slow), ""].join(
      "\n",
    );
  };
  const lateness = new Lateness("arena");
  const other = metrics(0, "chat", 0, 1_000_000);
  expect(lateness.p99("")).toBeUndefined();
  expect(lateness.p99(other)).toBeUndefined();
  const first = other + metrics(0, "arena", 1_000, 0) + metrics(1, "arena", 1_000, 0);
  expect(lateness.p99(first)).toBeCloseTo(0.99, 9);
  const next = other + metrics(0, "arena", 1_000, 100) + metrics(1, "arena", 1_100, 0);
  // Half of the two hundred new ticks are in the upper bucket: 98 of 100 of the way through it.
  expect(lateness.p99(next)).toBeCloseTo(1.98, 9);
  expect(lateness.p99(next)).toBeUndefined();
});

test("a direction is at most as long as it may be", () => {
  expect(atMost({ x: 3, y: 4 }, 1)).toEqual({ x: 0.6000000000000001, y: 0.8 });
  expect(atMost({ x: 0.3, y: 0 }, 1)).toEqual({ x: 0.3, y: 0 });
  expect(atMost({ x: 0, y: 0 }, 1)).toEqual({ x: 0, y: 0 });
});
