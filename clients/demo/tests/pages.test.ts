import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { beforeAll, expect, test } from "vitest";
import { PHONE } from "./support/browser.ts";
import { place } from "./support/visits.ts";

const here = place();
const folder = process.env.SCREENSHOTS ?? "screenshots";

beforeAll(async () => {
  await mkdir(folder, { recursive: true });
});

/** What the Tab key reaches, in its order; each has to show that it has the focus. */
const STOPS: { readonly [path: string]: readonly string[] } = {
  "/": [
    "Skip to the arena",
    "Downbeat",
    "Arena",
    "World",
    "Chat",
    "#scene",
    "Under the hood",
    "#interpolation",
    "#prediction",
    "#latency",
    "#bots",
  ],
  "/world": [
    "Skip to the world",
    "Downbeat",
    "Arena",
    "World",
    "Chat",
    "#scene",
    "Interest",
    "#interpolation",
    "#cells",
  ],
  "/chat": [
    "Skip to the messages",
    "Downbeat",
    "Arena",
    "World",
    "Chat",
    "lobby",
    "music",
    "strategy",
    "#open-name",
    "Open the channel",
    "#lines",
    "#text",
    "Send",
    "#name",
    "Rename",
  ],
};

for (const [path, stops] of Object.entries(STOPS)) {
  test(`${path} is used by keyboard alone`, async () => {
    const page = await here.open(path);
    if (path === "/chat") await page.locator("#channels button").nth(2).waitFor();
    const found: string[] = [];
    for (const _ of stops) {
      await page.keyboard.press("Tab");
      const { name, isShown } = await page.evaluate(focus);
      expect(isShown, `the focus on ${name} is seen`).toBe(true);
      found.push(name);
    }
    expect(found).toEqual(stops);
  });
}

/** In the page: what has the focus, and whether one sees it. */
function focus(): { name: string; isShown: boolean } {
  const focused = document.activeElement as HTMLElement;
  if (focused === document.body) return { name: "nothing", isShown: false };
  const label = focused.ariaLabel ?? focused.firstElementChild?.textContent ?? focused.textContent;
  const name = focused.id ? `#${focused.id}` : (label ?? "").trim();
  const isRinged = (style: CSSStyleDeclaration) => style.outlineStyle !== "none";
  const isCanvasRinged =
    focused.id === "scene" &&
    getComputedStyle(focused.parentElement as Element, "::after").content !== "none";
  return { name, isShown: isRinged(getComputedStyle(focused)) || isCanvasRinged };
}

const LOOKS = {
  light: { viewport: { width: 1_280, height: 800 }, colorScheme: "light" },
  dark: { viewport: { width: 1_280, height: 800 }, colorScheme: "dark" },
  phone: { ...PHONE, colorScheme: "light" },
  "phone-dark": { ...PHONE, colorScheme: "dark" },
} as const;

/** What makes each page worth a picture. */
const SCENES: { readonly [path: string]: (page: Page) => Promise<void> } = {
  "/": async (page) => {
    await page.evaluate(() => {
      const bots = document.getElementById("bots") as HTMLInputElement;
      bots.value = "16";
      bots.dispatchEvent(new Event("input"));
    });
    await page.waitForFunction(() => (globalThis.demo?.figures.length ?? 0) > 16);
  },
  "/world": async (page) => {
    await page.waitForFunction(() => (globalThis.demo?.seen.length ?? 0) > 100);
  },
  "/chat": async (page) => {
    const guests = [
      ["Ann Lee", "Hello! Anyone up for a round of arena?"],
      ["Bob", "Give me two minutes, I am finishing my tea."],
      ["Bob", "Make that one."],
      ["Cleo", "I am in. Loser writes the release notes."],
    ] as const;
    const channel = new URL(page.url()).hash;
    for (const [name, text] of guests) await talk(channel, name, text);
    await page.locator("#lines .words").nth(3).waitFor();
  },
};

/** Somebody comes, says something and stays for the picture. */
async function talk(channel: string, name: string, text: string): Promise<void> {
  const guest = await here.open(`/chat${channel}`);
  await guest.getByLabel("Your name").fill(name);
  await guest.getByRole("button", { name: "Rename" }).click();
  await guest.locator("#members li", { hasText: `${name}you` }).waitFor();
  await guest.getByLabel("Message", { exact: true }).fill(text);
  await guest.keyboard.press("Enter");
  await guest.locator("#lines .words", { hasText: text }).waitFor();
}

/** Until figures are written, and motion is under way. */
const SETTLE_MS = 2_500;

for (const [path, scene] of Object.entries(SCENES)) {
  for (const [look, options] of Object.entries(LOOKS)) {
    const name = path === "/" ? "arena" : path.slice(1);
    test(`${name} in ${look} fits its page, and has its picture taken`, async () => {
      const page = await here.open(path === "/chat" ? `${path}#${look}` : path, options);
      await scene(page);
      await page.waitForTimeout(SETTLE_MS);
      await page.screenshot({ path: join(folder, `${name}-${look}.png`) });
      const [needed, there] = await page.evaluate(() => {
        const { scrollWidth, clientWidth } = document.documentElement;
        return [scrollWidth, clientWidth] as const;
      });
      expect(needed).toBeLessThanOrEqual(there);
    });
  }
}

test("keys move the player while sliders and switches have the focus, too", async () => {
  const page = await here.open("/");
  await page.locator("#latency").focus();
  await page.keyboard.press("ArrowRight");
  await expect.poll(() => page.locator("#latency-value").textContent()).toBe("20 ms");
  await page.getByLabel("Interpolation").focus();
  await page.keyboard.press("Space");
  expect(await page.getByLabel("Interpolation").isChecked()).toBe(false);
  const own = () => page.evaluate(() => globalThis.demo?.figures.find(({ isOwn }) => isOwn));
  const before = await own();
  const key = (before?.x ?? 0) < 500 ? "KeyD" : "KeyA";
  await page.keyboard.down(key);
  await expect
    .poll(async () => Math.abs(((await own())?.x ?? 0) - (before?.x ?? 0)))
    .toBeGreaterThan(30);
  await page.keyboard.up(key);
});

test("the world shows the near of thousands, and they flow on", async () => {
  const page = await here.open("/world");
  await page.waitForFunction(() => (globalThis.demo?.seen.length ?? 0) > 100);
  const total = page.locator("#total");
  await expect
    .poll(async () => Number((await total.textContent())?.replace(",", "")))
    .toBeGreaterThan(6_000);
  const seen = await page.evaluate(() => globalThis.demo?.seen.length ?? 0);
  expect(seen).toBeLessThan(3_000);
  const place = () => page.evaluate(() => globalThis.demo?.seen[0]?.x);
  const before = await place();
  await expect.poll(place).not.toBe(before);
});

test("the pages ask nobody else, and no icon is missing", async () => {
  const page = await here.open("/");
  const icon = await page.request.get(`${here.server.url}/favicon.svg`);
  expect(icon.headers()["content-type"]).toBe("image/svg+xml");
  const missing: string[] = [];
  page.on("response", (response) => {
    if (!response.ok() && response.status() !== 304) missing.push(response.url());
  });
  for (const name of ["World", "Chat", "Arena"]) {
    await page.getByRole("link", { name, exact: true }).click();
    await page.waitForLoadState();
  }
  expect(missing).toEqual([]);
});
