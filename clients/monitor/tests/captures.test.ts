import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "@downbeat/client";
import { afterAll, expect, test } from "vitest";
import { place, row } from "./support/place.ts";

const folder = mkdtempSync(join(tmpdir(), "downbeat-monitor-"));
const [captures, recordings] = [join(folder, "captures"), join(folder, "recordings")];
/** With so many clients some tick takes longer than a millisecond, on any machine. */
const here = place({
  clients: 150,
  args: [
    ...["--capture-dir", captures, "--slow-tick-ms", "1", "--capture-cooldown-ms", "1000"],
    ...["--record-dir", recordings],
  ],
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("slow ticks are listed with their flame graphs", async () => {
  const page = await here.open();
  const item = page.locator("#capture-list li").first();
  await item.waitFor();
  await item.getByText(/arena, tick/).waitFor();
  const button = item.getByRole("button", { name: "Flame graph" });
  if (await button.isDisabled()) {
    // Where the kernel allows no sampling, it says so.
    expect(await button.getAttribute("title")).toMatch(/\w/);
    return;
  }
  await button.click();
  const graph = page.locator("#flame-graph");
  await expect
    .poll(() => graph.evaluate((image) => (image as HTMLImageElement).naturalWidth))
    .toBeGreaterThan(100);
  expect(await page.locator("#flame-parts dd").count()).toBe(7);
  await page.keyboard.press("Escape");
  expect(await graph.isHidden()).toBe(true);
});

test("a room is recorded, and no more", async () => {
  const chat = await new Client(here.server.url).create("chat");
  const page = await here.open({ path: `#${chat.roomId}` });
  await page.getByRole("button", { name: "Record", exact: true }).click();
  await page.getByRole("button", { name: "Stop recording" }).waitFor();
  await page.getByRole("searchbox").fill(chat.roomId);
  await row(page, chat.roomId).getByText("recorded").waitFor();
  await page.getByRole("button", { name: "Stop recording" }).click();
  await page.getByRole("button", { name: "Record", exact: true }).waitFor();
  chat.leave();
});
