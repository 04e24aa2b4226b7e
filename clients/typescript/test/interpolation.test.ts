// What is shown between patches, over simulated networks. No clock, no socket.
import { describe, expect, test } from "vitest";
import { Interpolation } from "../src/motion/interpolation.js";
import { Timeline } from "../src/motion/timeline.js";
import { seeded } from "./support/random.js";

const PATCH_MS = 50;
/** Units per millisecond. */
const SPEED = 0.3;

interface Network {
  readonly fps: number;
  readonly jitterMs: number;
  readonly seconds?: number;
  /** The one-way delay at a time. */
  readonly delayMs?: (sentMs: number) => number;
}

/** Frames of a player that moves steadily, as they are shown. */
function frames({ fps, jitterMs, seconds = 20, delayMs = () => 40 }: Network) {
  const random = seeded(7);
  const timeline = new Timeline({ patchMs: PATCH_MS });
  const rows = new Interpolation<string, "x">({ patchMs: PATCH_MS, fields: ["x"] });
  let arrival = 0;
  const patches = Array.from({ length: (seconds * 1_000) / PATCH_MS }, (_, index) => {
    const serverMs = 1_000_000 + index * PATCH_MS;
    // The stream is ordered: a late patch delays those behind it.
    arrival = Math.max(arrival, index * PATCH_MS + delayMs(index * PATCH_MS) + random() * jitterMs);
    return { serverMs, arrival, x: index * PATCH_MS * SPEED };
  });
  const shown: { nowMs: number; x: number; behindMs: number }[] = [];
  let next = 0;
  for (let nowMs = 100; nowMs < seconds * 1_000 - 500; nowMs += 1_000 / fps) {
    for (let patch = patches[next]; patch && patch.arrival <= nowMs; patch = patches[++next]) {
      timeline.push(patch.serverMs, patch.arrival);
      rows.advance(patch.serverMs);
      rows.push("own", patch.serverMs, { x: patch.x });
    }
    const serverMs = timeline.at(nowMs);
    if (serverMs === undefined) continue;
    const row = rows.at("own", serverMs);
    if (row) shown.push({ nowMs, x: row.x, behindMs: nowMs - (serverMs - 1_000_000) });
  }
  return shown;
}

/** The largest deviation of a step from that of steady motion, as a part of it. */
function roughness(shown: readonly { x: number; nowMs: number }[]): number {
  const steps = shown.slice(1).map(({ x, nowMs }, index) => {
    const former = shown[index] ?? { x, nowMs };
    return (x - former.x) / ((nowMs - former.nowMs) * SPEED);
  });
  return Math.max(...steps.map((step) => Math.abs(step - 1)));
}

describe("steady motion at 20 Hz", () => {
  test.each([60, 144, 30])("is smooth at %i frames per second", (fps) => {
    expect(roughness(frames({ fps, jitterMs: 0 }))).toBeLessThan(0.01);
  });

  test.each([10, 30, 100])("is smooth where patches tremble by %i ms", (jitterMs) => {
    // Once the delay knows the network.
    const shown = frames({ fps: 144, jitterMs }).filter(({ nowMs }) => nowMs > 10_000);
    expect(shown.length).toBeGreaterThan(1_000);
    expect(roughness(shown)).toBeLessThan(0.05);
  });

  test("is shown no later than the network makes necessary", () => {
    const last = frames({ fps: 60, jitterMs: 0 }).at(-1);
    expect(last?.behindMs).toBeCloseTo(40 + PATCH_MS + 2, 0);
    const trembling = frames({ fps: 60, jitterMs: 100, seconds: 60 }).at(-1);
    expect(trembling?.behindMs).toBeGreaterThan(40 + PATCH_MS + 60);
    expect(trembling?.behindMs).toBeLessThan(40 + PATCH_MS + 110);
  });

  test("stays smooth when the way becomes longer, and shorter again", () => {
    const delayMs = (sentMs: number) => (sentMs > 10_000 && sentMs < 30_000 ? 90 : 40);
    const shown = frames({ fps: 60, jitterMs: 0, seconds: 60, delayMs });
    const rough = shown.filter(({ nowMs }) => nowMs < 10_000 || nowMs > 14_000);
    expect(roughness(rough.filter(({ nowMs }) => nowMs > 14_000))).toBeLessThan(0.05);
    // Back to as little as before.
    expect(shown.at(-1)?.behindMs).toBeLessThan(40 + PATCH_MS + 5);
  });
});

describe("the timeline", () => {
  test("shows nothing before the first patch", () => {
    expect(new Timeline({ patchMs: PATCH_MS }).at(0)).toBeUndefined();
  });

  test("gives one answer per frame", () => {
    const timeline = new Timeline({ patchMs: PATCH_MS });
    timeline.push(0, 100);
    const first = timeline.at(200);
    expect(timeline.at(200)).toBe(first);
  });

  test("goes to the present at once after a sleep", () => {
    const timeline = new Timeline({ patchMs: PATCH_MS });
    for (let ms = 0; ms < 5_000; ms += PATCH_MS) timeline.push(ms, ms + 20);
    timeline.at(5_000);
    // The tab sleeps; all patches of that time come in one moment, then as ever.
    for (let ms = 5_000; ms < 35_000; ms += PATCH_MS) timeline.push(ms, 35_000);
    for (let ms = 35_000; ms < 39_000; ms += PATCH_MS) {
      timeline.push(ms, ms + 20);
      timeline.at(ms + 20);
    }
    expect(timeline.delayMs).toBeLessThan(PATCH_MS + 5);
    const shown = timeline.at(39_000) ?? 0;
    expect(39_000 - shown).toBeLessThan(PATCH_MS + 20 + 600);
  });

  test("delays no longer than it may", () => {
    const timeline = new Timeline({ patchMs: PATCH_MS, delayMaxMs: 120 });
    for (let patch = 0; patch < 64; patch++)
      timeline.push(patch * 50, patch * 50 + (patch % 2) * 900);
    expect(timeline.delayMs).toBe(120);
  });
});

describe("a row", () => {
  const moving = (options: object = {}) => {
    const rows = new Interpolation<string, "x">({ patchMs: PATCH_MS, fields: ["x"], ...options });
    const push = (serverMs: number, x: number) => {
      rows.advance(serverMs);
      rows.push("a", serverMs, { x });
    };
    return { rows, push, at: (serverMs: number) => rows.at("a", serverMs)?.x };
  };

  test("is between its patches", () => {
    const { push, at, rows } = moving();
    expect(at(0)).toBeUndefined();
    push(100, 10);
    push(150, 20);
    expect([at(0), at(100), at(125), at(150)]).toEqual([10, 10, 15, 20]);
    rows.remove("a");
    expect(at(125)).toBeUndefined();
  });

  test("rests as long as no patch has it", () => {
    const { rows, push, at } = moving();
    push(0, 10);
    rows.advance(1_000);
    expect(at(900)).toBe(10);
    push(1_050, 20);
    expect([at(1_000), at(1_025), at(1_050)]).toEqual([10, 15, 20]);
  });

  test("goes on for one patch if the next is late, and glides back if none comes", () => {
    const { push, at } = moving();
    push(0, 0);
    push(50, 10);
    expect([at(75), at(100), at(150), at(200), at(10_000)]).toEqual([15, 20, 15, 10, 10]);
  });

  test("does not go on if a newer patch is without it", () => {
    const { rows, push, at } = moving();
    push(0, 0);
    push(50, 10);
    rows.advance(100);
    expect(at(75)).toBe(10);
  });

  test("may be kept from going on", () => {
    const { push, at } = moving({ extrapolationMs: 0 });
    push(0, 0);
    push(50, 10);
    expect(at(75)).toBe(10);
  });

  test("jumps where it is told to", () => {
    const { push, at } = moving({ jumpMax: 100 });
    push(0, 0);
    push(50, 500);
    expect([at(25), at(49), at(50)]).toEqual([0, 0, 500]);
  });

  test("goes round in a circle the short way", () => {
    const { push, at } = moving({ periods: { x: 360 } });
    push(0, 350);
    push(50, 10);
    expect(at(25)).toBe(360);
  });

  test("remembers no more than a delay needs", () => {
    const { push, at } = moving();
    for (let patch = 0; patch < 10_000; patch++) push(patch * 50, patch);
    expect(at(0)).toBeGreaterThan(9_900);
  });

  test("told twice of one moment believes the second", () => {
    const { push, at } = moving();
    push(0, 0);
    push(50, 10);
    push(50, 30);
    expect(at(25)).toBe(15);
  });
});
