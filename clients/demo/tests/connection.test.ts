import type { Page } from "playwright-core";
import { afterEach, expect, test } from "vitest";
import { Network } from "./support/network.ts";
import { Server } from "./support/server.ts";
import { place } from "./support/visits.ts";

const here = place();
const networks: Network[] = [];

afterEach(() => {
  for (const network of networks.splice(0)) network.close();
});

async function network(port = here.server.port): Promise<Network> {
  const network = await Network.to(port);
  networks.push(network);
  return network;
}

function session(page: Page): Promise<string | undefined> {
  return page.evaluate(() => globalThis.demo?.room?.sessionId);
}

/** Waits until the page's status says this. */
async function status(page: Page, text: RegExp): Promise<void> {
  await page.locator("#status:not([hidden])", { hasText: text }).waitFor();
}

async function say(page: Page, text: string): Promise<void> {
  await page.getByLabel("Message", { exact: true }).fill(text);
  await page.keyboard.press("Enter");
}

function lines(page: Page): Promise<string[]> {
  return page.locator("#lines .words").allTextContents();
}

test("after the server closes the socket, the page is back in its place", async () => {
  const page = await here.open("/chat#closed");
  const before = await session(page);
  await say(page, "before");
  await expect.poll(() => lines(page)).toEqual(["before"]);
  // More in a second than the server takes of one client: close code 4007.
  await page.evaluate(() => {
    for (let times = 0; times < 300; times++) globalThis.demo?.room?.send("typing", undefined);
  });
  await status(page, /server closed the connection/);
  await status(page, /Connected again/);
  expect(await session(page)).toBe(before);
  await say(page, "after");
  await expect.poll(() => lines(page)).toEqual(["before", "after"]);
});

for (const way of ["cut", "silence"] as const) {
  const what = way === "cut" ? "breaks" : "falls silent";
  test(`after the network ${what}, the page is back, and what was said meanwhile is heard`, async () => {
    const between = await network();
    const page = await here.open(`/chat#${way}`, { from: between.url, mayComplain: true });
    const other = await here.open(`/chat#${way}`);
    const before = await session(page);
    between[way]();
    await status(page, /Connection lost/);
    await say(page, "from the dark");
    await say(other, "from the light");
    await expect.poll(() => lines(other)).toEqual(["from the light"]);
    between.mend();
    await status(page, /Connected again/);
    expect(await session(page)).toBe(before);
    const all = ["from the light", "from the dark"];
    await expect.poll(() => lines(page)).toEqual(all);
    await expect.poll(() => lines(other)).toEqual(all);
  });
}

test("where no seat is held, the page takes a new one and says so", async () => {
  const between = await network();
  // Somebody else keeps the room open.
  await here.open("/");
  const page = await here.open("/", { from: between.url, mayComplain: true });
  const before = await session(page);
  between.cut();
  await status(page, /Connection lost/);
  between.mend();
  await status(page, /in a new place/);
  await page.waitForFunction(() => globalThis.demo?.figures.some(({ isOwn }) => isOwn));
  expect(await session(page)).not.toBe(before);
});

test("a restart of the server is told, and the page plays on", async () => {
  const server = await Server.start();
  const page = await here.open("/", { from: server.url, mayComplain: true });
  const before = await session(page);
  await Promise.all([server.stop(), status(page, /server is restarting/)]);
  const next = await Server.start(server.port);
  await status(page, /server is back, and you are in a new room/);
  await page.waitForFunction(() => globalThis.demo?.figures.some(({ isOwn }) => isOwn));
  expect(await session(page)).not.toBe(before);
  await page.locator("#status").waitFor({ state: "hidden" });
  await page.context().close();
  await next.stop();
});

const SLEEP_MS = 30_000;

test("a page that slept for 30 s shows what is there now", async () => {
  const [mover, sleeper] = [await here.open("/"), await here.open("/")];
  const [moverSession, sleeperSession] = [await session(mover), await session(sleeper)];
  await sleeper.evaluate(() => {
    document.body.dataset.beats = "0";
    setInterval(() => {
      document.body.dataset.beats = `${Number(document.body.dataset.beats) + 1}`;
    }, 100);
  });
  const beats = () => sleeper.evaluate(() => Number(document.body.dataset.beats));
  const wake = await sleep(sleeper);
  const start = performance.now();
  // Bots make patches, and come and go: what a page sees when it wakes is not what it saw last.
  await mover.locator("#bots").fill("8");
  await mover.waitForTimeout(SLEEP_MS / 2);
  await mover.locator("#bots").fill("5");
  await mover.waitForTimeout(SLEEP_MS / 2);
  const sleptMs = performance.now() - start;
  await wake();
  // Its timers did not run meanwhile.
  expect(sleptMs).toBeGreaterThan(SLEEP_MS - 10);
  expect(await beats()).toBeLessThan(SLEEP_MS / 100 / 2);
  await sleeper.waitForFunction(() => globalThis.demo?.figures.length === 7);
  expect(await session(sleeper)).toBe(sleeperSession);
  expect(await sleeper.locator("#status").isHidden()).toBe(true);
  await mover.locator("#bots").fill("0");
  await expect
    .poll(async () =>
      distance(await placeOf(mover, moverSession), await placeOf(sleeper, moverSession)),
    )
    .toBeLessThan(1);
  await expect
    .poll(async () =>
      distance(await placeOf(mover, sleeperSession), await placeOf(sleeper, sleeperSession)),
    )
    .toBeLessThan(1);
});

/**
 * Stops all scripts, timers and frames of a page, as a browser does to a tab that sleeps; what it
 * gives wakes the page. A headless browser does not heed `Page.setWebLifecycleState`.
 */
async function sleep(page: Page): Promise<() => Promise<void>> {
  const debug = await page.context().newCDPSession(page);
  await debug.send("Debugger.enable");
  const paused = new Promise((resolve) => debug.once("Debugger.paused", resolve));
  await debug.send("Debugger.pause");
  await paused;
  return async () => {
    await debug.send("Debugger.resume");
    await debug.detach();
  };
}

interface At {
  readonly x: number;
  readonly y: number;
}

function placeOf(page: Page, session: string | undefined): Promise<At | undefined> {
  return page.evaluate((session) => {
    const figure = globalThis.demo?.figures.find((figure) => figure.session === session);
    return figure && { x: figure.x, y: figure.y };
  }, session);
}

function distance(one: At | undefined, other: At | undefined): number {
  if (!one || !other) return Number.POSITIVE_INFINITY;
  return Math.hypot(one.x - other.x, one.y - other.y);
}
