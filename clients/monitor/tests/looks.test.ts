import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { beforeAll, expect, test } from "vitest";
import { PHONE } from "../../demo/tests/support/browser.ts";
import { place, rows } from "./support/place.ts";

/** Rooms that nobody comes to stay as long as a seat in them is promised. */
const here = place({ clients: 60, args: ["--limit", "seat_reservation_ms=600000"] });
const folder = process.env.SCREENSHOTS ?? "screenshots";

beforeAll(async () => {
  await mkdir(folder, { recursive: true });
});

const LOOKS = {
  light: { viewport: { width: 1_440, height: 900 }, colorScheme: "light" },
  dark: { viewport: { width: 1_440, height: 900 }, colorScheme: "dark" },
  phone: { ...PHONE, colorScheme: "light" },
  "phone-dark": { ...PHONE, colorScheme: "dark" },
} as const;

async function expectNoOverflow(page: Page): Promise<void> {
  const [needed, there] = await page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    return [scrollWidth, clientWidth] as const;
  });
  expect(needed).toBeLessThanOrEqual(there);
}

for (const [look, options] of Object.entries(LOOKS)) {
  test(`in ${look} it fits its page, and has its picture taken`, async () => {
    const page = await here.open(options);
    await expect.poll(() => page.locator("#clients").textContent()).toBe("60");
    await expect.poll(async () => (await rows(page)).length).toBeGreaterThan(1);
    await expectNoOverflow(page);
    await page.screenshot({ path: join(folder, `monitor-${look}.png`) });
    await page.locator(".row:not([hidden])").first().click();
    await page.locator("#detail .bars rect").first().waitFor();
    await page.locator("#detail .tree summary").first().click();
    await expectNoOverflow(page);
    await page.screenshot({ path: join(folder, `monitor-room-${look}.png`) });
  });
}

test("nothing moves when figures come", async () => {
  const page = await here.open();
  const places = () => {
    return page.evaluate(() => {
      const parts = document.querySelectorAll(".headline div, .card, .plot, .heads > div");
      return [...parts].map((part) => {
        const { x, y, width, height } = part.getBoundingClientRect();
        return [x, y, width, height].map(Math.round).join(" ");
      });
    });
  };
  await expect.poll(() => page.locator("#legend .p99 b").textContent()).toMatch(/s$/);
  const before = await places();
  const ticks = await page.locator("#facts").textContent();
  await expect.poll(() => page.locator("#facts").textContent()).not.toBe(ticks);
  expect(await places()).toEqual(before);
});

const MANY = 2_000;

test("two thousand rooms are in the table, and those in sight in the page", async () => {
  const ask = () => {
    return fetch(`${here.server.url}/matchmake/create/chat`, { method: "POST", body: "{}" });
  };
  for (let made = 0; made < MANY; made += 50) {
    const answers = await Promise.all(Array.from({ length: 50 }, ask));
    expect(answers.every(({ ok }) => ok)).toBe(true);
  }
  const page = await here.open();
  await page.getByRole("searchbox").fill("chat");
  await expect.poll(() => page.locator("#found").textContent()).toMatch(/^2000 of 2,00\d rooms$/);
  const elements = () => page.locator(".row").count();
  expect(await elements()).toBeLessThan(60);
  await page.getByRole("button", { name: "Room", exact: true }).click();
  await page.locator(".row[tabindex='0']").focus();
  await page.keyboard.press("End");
  const last = page.locator(`.row[aria-rowindex="${MANY + 1}"]`);
  await last.waitFor();
  expect(await last.evaluate((row) => row === document.activeElement)).toBe(true);
  const id = (await last.locator("span").first().textContent()) ?? "";
  expect(await elements()).toBeLessThan(60);
  await page.getByRole("searchbox").fill(id);
  await expect.poll(async () => (await rows(page)).map(([id]) => id)).toEqual([id]);
});
