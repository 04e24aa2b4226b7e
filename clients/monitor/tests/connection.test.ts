import { expect, test } from "vitest";
import { Server } from "../../demo/tests/support/server.ts";
import { live, place } from "./support/place.ts";

const here = place();
const PASSWORD = "correct-horse-battery";

test("the password opens it, and a reload does not ask again", async () => {
  const server = await Server.start(0, { env: { MONITOR_PASSWORD: PASSWORD } });
  // Browsers write every answer with 401 to the console.
  const page = await here.visit(server.url, { mayComplain: true });
  const field = page.getByLabel("Its password");
  await field.waitFor();
  expect(await page.locator("#main").isHidden()).toBe(true);
  await field.fill("wrong");
  await page.keyboard.press("Enter");
  await page.getByRole("alert").getByText("this is not the monitor's password").waitFor();
  await field.fill(PASSWORD);
  await page.getByRole("button", { name: "Open the monitor" }).click();
  await live(page);
  expect(await page.locator("#door").isHidden()).toBe(true);
  await page.reload();
  await live(page);
  expect(page.url()).not.toContain(PASSWORD);
  await page.context().close();
  await server.stop();
});

test("a lost server is said, and the page comes back with it", async () => {
  const server = await Server.start();
  const page = await here.visit(server.url, { mayComplain: true });
  await live(page);
  await server.stop();
  await page.locator("#link.lost").waitFor();
  expect(await page.locator("body.stale").count()).toBe(1);
  const process = await page.locator("#facts").textContent();
  const next = await Server.start(server.port);
  await live(page);
  await expect.poll(() => page.locator("#facts").textContent()).not.toBe(process);
  expect(await page.locator("body.stale").count()).toBe(0);
  await page.context().close();
  await next.stop();
});
