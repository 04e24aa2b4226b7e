// The own player, predicted over a simulated server. No clock, no socket.
import { describe, expect, test } from "vitest";
import { Prediction, type PredictionOptions } from "../src/motion/prediction.js";
import { seeded } from "./support/random.js";

const TICK_MS = 50;
const FRAME_MS = 1_000 / 144;
const WALL = 1_000;

type Own = { readonly x: number };
type Control = { readonly dx: number };

const step = ({ x }: Own, control: Control | undefined, seconds: number): Own => ({
  x: Math.max(0, Math.min(WALL, x + (control?.dx ?? 0) * seconds)),
});

interface Scene {
  /** The speed that is asked for at a time. */
  readonly wish: (nowMs: number) => number;
  readonly oneWayMs: number;
  readonly jitterMs?: number;
  /** How often the input is said, milliseconds; otherwise only when it changes. */
  readonly everyMs?: number;
  readonly seconds?: number;
  readonly options?: Partial<PredictionOptions<Own, Control>>;
}

/** A server that applies inputs as rooms do, and a client that predicts: frame by frame. */
function play({ wish, oneWayMs, jitterMs = 0, everyMs, seconds = 10, options }: Scene) {
  const random = seeded(3);
  const prediction = new Prediction<Own, Control>({ step, patchMs: TICK_MS, ...options });
  const mail: { at: number; number: number; dx: number }[] = [];
  const post: { at: number; x: number; ackedInput: number; serverMs: number }[] = [];
  const server = { x: 500, dx: 0, acked: 0 };
  const shown: { nowMs: number; x: number; server: number }[] = [];
  let [said, saidAt, number, tick, arrival, delivery] = [0, 0, 0, 0, 0, 0];
  for (let nowMs = 0; nowMs < seconds * 1_000; nowMs += FRAME_MS) {
    for (; tick * TICK_MS <= nowMs; tick++) {
      while (mail[0] && mail[0].at <= tick * TICK_MS) {
        const input = mail.shift();
        if (input) [server.dx, server.acked] = [input.dx, input.number];
      }
      server.x = step(server, { dx: server.dx }, TICK_MS / 1_000).x;
      delivery = Math.max(delivery, tick * TICK_MS + oneWayMs + random() * jitterMs);
      const { x, acked } = server;
      post.push({ at: delivery, x, ackedInput: acked, serverMs: tick * TICK_MS });
    }
    while (post[0] && post[0].at <= nowMs) {
      const patch = post.shift();
      if (!patch) break;
      const { x, ackedInput, serverMs } = patch;
      prediction.reconcile({ motion: { x }, ackedInput, serverMs }, patch.at);
    }
    const dx = wish(nowMs);
    if (dx !== said || (everyMs && nowMs - saidAt >= everyMs)) {
      [said, saidAt, number] = [dx, nowMs, number + 1];
      arrival = Math.max(arrival, nowMs + oneWayMs + random() * jitterMs);
      mail.push({ at: arrival, number, dx });
      prediction.push(number, { dx }, nowMs);
    }
    const own = prediction.at(nowMs);
    if (own) shown.push({ nowMs, x: own.x, server: server.x });
  }
  return shown;
}

/** Deviations of steps from those of a speed, as a part of them. */
function roughness(shown: readonly { nowMs: number; x: number }[], speed: number): number {
  const steps = shown.slice(1).map(({ x, nowMs }, index) => {
    const former = shown[index] ?? { x, nowMs };
    return (x - former.x) / ((speed * (nowMs - former.nowMs)) / 1_000);
  });
  return Math.max(...steps.map((part) => Math.abs(part - 1)));
}

describe("an input", () => {
  const wish = (nowMs: number) => (nowMs > 2_000 ? 200 : 0);

  test.each([0, 50, 200])(
    "moves the player in its own frame, %i ms from the server",
    (oneWayMs) => {
      const shown = play({ wish, oneWayMs });
      const before = shown.findLast(({ nowMs }) => nowMs <= 2_000);
      const soon = shown.find(({ nowMs }) => nowMs > 2_040);
      expect(before?.x).toBeCloseTo(500, 5);
      expect(soon?.x).toBeGreaterThan(500 + 200 * 0.02);
    },
  );

  test("moves the player in a room that was at rest, and so has sent nothing for long", () => {
    const prediction = new Prediction<Own, Control>({ step, patchMs: TICK_MS, aheadMaxMs: 500 });
    prediction.reconcile({ motion: { x: 10 }, ackedInput: 0, serverMs: 0 }, 0);
    prediction.push(1, { dx: 100 }, 60_000);
    expect(prediction.at(60_000)?.x).toBe(10);
    expect(prediction.at(60_250)?.x).toBeCloseTo(35, 9);
    // For a while, as ever.
    prediction.push(2, { dx: 100 }, 60_400);
    expect(prediction.at(90_000)?.x).toBeCloseTo(60, 9);
  });

  test("ends where the server ends", () => {
    const shown = play({ oneWayMs: 80, wish: (ms) => (ms > 2_000 && ms < 4_000 ? 150 : 0) });
    const last = shown.at(-1);
    expect(last?.x).toBeCloseTo(last?.server ?? 0, 3);
    expect(last?.server).toBeGreaterThan(700);
  });
});

describe("steady motion", () => {
  const wish = (nowMs: number) => (nowMs > 1_000 ? 50 : 0);
  const steady = (scene: Partial<Scene>) =>
    play({ wish, oneWayMs: 60, ...scene }).filter(({ nowMs }) => nowMs > 3_000);

  test("needs no correction", () => {
    expect(roughness(steady({}), 50)).toBeLessThan(0.01);
  });

  test("needs none where patches and inputs tremble", () => {
    expect(roughness(steady({ jitterMs: 40 }), 50)).toBeLessThan(0.01);
  });

  test("needs none where the input is said again and again", () => {
    expect(roughness(steady({ everyMs: 33 }), 50)).toBeLessThan(0.05);
  });

  test("is ahead of the server by the way there and back", () => {
    const { x = 0, server = 0 } = steady({}).at(-1) ?? {};
    const aheadMs = ((x - server) / 50) * 1_000;
    expect(aheadMs).toBeGreaterThan(60 - TICK_MS);
    expect(aheadMs).toBeLessThan(120 + 2 * TICK_MS);
  });
});

describe("a correction", () => {
  test("never jumps: errors fade", () => {
    // Turns at times that have nothing to do with the server's ticks.
    const wish = (nowMs: number) => (Math.floor(nowMs / 730) % 2 === 0 ? 200 : -200);
    const shown = play({ wish, oneWayMs: 70, jitterMs: 30, seconds: 20 });
    const steps = shown.slice(1).map(({ x }, index) => Math.abs(x - (shown[index]?.x ?? x)));
    // A step at full speed is 1.4; a tick of the server is 10.
    expect(Math.max(...steps)).toBeLessThan(3);
    const off = shown.map(({ x, server }) => Math.abs(x - server));
    expect(Math.max(...off)).toBeLessThan(200 * 0.4);
  });

  test("fades in the time that is given", () => {
    const prediction = new Prediction<Own, Control>({ step, patchMs: TICK_MS, smoothingMs: 100 });
    prediction.reconcile({ motion: { x: 0 }, ackedInput: 0, serverMs: 0 }, 0);
    prediction.reconcile({ motion: { x: 10 }, ackedInput: 0, serverMs: 50 }, 50);
    expect(prediction.at(50)?.x).toBeCloseTo(0, 9);
    expect(prediction.at(150)?.x).toBeCloseTo(10 * (1 - Math.exp(-1)), 9);
    expect(prediction.at(2_000)?.x).toBeCloseTo(10, 6);
  });

  test("by more than a jump is made at once", () => {
    const options = { step, patchMs: TICK_MS, jumpMax: 100 };
    const prediction = new Prediction<Own, Control>(options);
    prediction.reconcile({ motion: { x: 0 }, ackedInput: 0, serverMs: 0 }, 0);
    prediction.reconcile({ motion: { x: 500 }, ackedInput: 0, serverMs: 50 }, 50);
    expect(prediction.at(50)?.x).toBe(500);
  });
});

describe("bounds", () => {
  test("nothing is shown before the first patch, nor after a reset", () => {
    const prediction = new Prediction<Own, Control>({ step, patchMs: TICK_MS });
    prediction.push(1, { dx: 1 }, 0);
    expect(prediction.at(0)).toBeUndefined();
    prediction.reconcile({ motion: { x: 5 }, ackedInput: 0, serverMs: 0 }, 0);
    expect(prediction.at(0)).toEqual({ x: 5 });
    prediction.reset();
    expect(prediction.at(0)).toBeUndefined();
  });

  test("without patches, it is predicted for a while and no longer", () => {
    const prediction = new Prediction<Own, Control>({ step, patchMs: TICK_MS, aheadMaxMs: 500 });
    prediction.reconcile({ motion: { x: 0 }, ackedInput: 0, serverMs: 0 }, 0);
    prediction.push(1, { dx: 100 }, 0);
    expect(prediction.at(10_000)?.x).toBeCloseTo(50, 6);
  });

  test("the work of a frame is bounded, however long the server is silent", () => {
    let steps = 0;
    const counting = (own: Own, control: Control | undefined, seconds: number) => {
      steps += 1;
      return step(own, control, seconds);
    };
    const prediction = new Prediction<Own, Control>({ step: counting, patchMs: TICK_MS });
    prediction.reconcile({ motion: { x: 0 }, ackedInput: 0, serverMs: 0 }, 0);
    for (let ms = 0; ms < 600_000; ms += 16) prediction.push(ms, { dx: 1 }, ms);
    steps = 0;
    prediction.at(600_000);
    expect(steps).toBeLessThan(300);
  });

  test("walls hold", () => {
    const shown = play({ wish: () => 900, oneWayMs: 100, seconds: 3 });
    expect(Math.max(...shown.map(({ x }) => x))).toBeLessThanOrEqual(WALL + 1e-6);
  });
});
