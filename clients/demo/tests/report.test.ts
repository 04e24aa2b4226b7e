// The page that `downbeat bench` writes: it opens, has its plots, and fits a telephone.
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launch, PHONE, visit } from "./support/browser.ts";

const screenshots = process.env.SCREENSHOTS ?? "screenshots";
const SCENARIOS = ["arena", "idle", "hot"];

let browser: Browser;
let folder: string;
let url: string;

beforeAll(async () => {
  await mkdir(screenshots, { recursive: true });
  folder = await mkdtemp(join(tmpdir(), "downbeat-report-"));
  await bench(["--quick", "--out", folder, ...SCENARIOS]);
  url = pathToFileURL(join(folder, "report.html")).href;
  browser = await launch();
});

afterAll(async () => {
  await browser?.close();
  await rm(folder, { recursive: true, force: true });
});

/** Whatever this machine makes of the figures: the page is written in any case. */
function bench(options: string[]): Promise<void> {
  const binary = process.env.DOWNBEAT;
  if (!binary) throw new Error("set DOWNBEAT to the path of the server binary");
  return new Promise((resolve) => {
    execFile(binary, ["bench", ...options], () => resolve());
  });
}

test("each scenario has its plots, and they are drawn", async () => {
  const { page, complaints } = await visit(browser, url);
  for (const name of SCENARIOS) {
    const plots = page.locator(`#${name} svg.plot`);
    await expect.poll(() => plots.count()).toBe(name === "idle" ? 1 : 2);
    const lengths = await page
      .locator(`#${name} path.line`)
      .evaluateAll((lines) => lines.map((line) => (line as SVGPathElement).getTotalLength()));
    expect(lengths.length).toBeGreaterThan(2);
    expect(Math.min(...lengths)).toBeGreaterThan(20);
  }
  const colours = await page
    .locator("#arena path.line")
    .evaluateAll((lines) => lines.map((line) => getComputedStyle(line).stroke));
  expect(new Set(colours).size).toBe(colours.length);
  expect(complaints).toEqual([]);
  await page.screenshot({ path: join(screenshots, "bench-report.png"), fullPage: true });
});

for (const colorScheme of ["light", "dark"] as const) {
  test(`it fits a telephone, ${colorScheme}`, async () => {
    const { page, complaints } = await visit(browser, url, { ...PHONE, colorScheme });
    const { wide, room } = await page.evaluate(() => ({
      wide: document.documentElement.scrollWidth,
      room: document.documentElement.clientWidth,
    }));
    expect(wide).toBeLessThanOrEqual(room);
    const ground = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const [red = 0] = (ground.match(/\d+/g) ?? []).map(Number);
    expect(red > 127).toBe(colorScheme === "light");
    expect(complaints).toEqual([]);
    const path = join(screenshots, `bench-report-telephone-${colorScheme}.png`);
    await page.screenshot({ path, fullPage: true });
  });
}
