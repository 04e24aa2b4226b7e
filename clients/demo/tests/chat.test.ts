import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { place } from "./support/visits.ts";

const here = place();

async function enter(channel: string, name: string): Promise<Page> {
  const page = await here.open(`/chat#${channel}`);
  await page.getByLabel("Your name").fill(name);
  await page.getByRole("button", { name: "Rename" }).click();
  await page.locator("#members li", { hasText: `${name}you` }).waitFor();
  return page;
}

async function member(page: Page, name: string): Promise<void> {
  await page.locator("#members .who", { hasText: new RegExp(`^${name}$`) }).waitFor();
}

async function say(page: Page, text: string): Promise<void> {
  await page.getByLabel("Message", { exact: true }).fill(text);
  await page.keyboard.press("Enter");
}

function lines(page: Page): Promise<string[]> {
  return page.locator("#lines .words").allTextContents();
}

test("who comes later reads what was said, in its order", async () => {
  const ann = await enter("tea", "Ann");
  for (const text of ["one", "two", "<b>three</b>"]) await say(ann, text);
  const bob = await enter("tea", "Bob");
  await expect.poll(() => lines(bob)).toEqual(["one", "two", "<b>three</b>"]);
  await say(bob, "four");
  await expect.poll(() => lines(ann)).toEqual(["one", "two", "<b>three</b>", "four"]);
  const authors = await ann.locator("#lines li:not(.same) .by").allTextContents();
  expect(authors.map((text) => text.slice(0, 3))).toEqual(["Ann", "Bob"]);
});

test("members come and go, and are seen to type", async () => {
  const ann = await enter("presence", "Ann");
  const bob = await enter("presence", "Bob");
  await member(ann, "Bob");
  expect(await ann.locator("#count").textContent()).toBe("2");
  await bob.getByLabel("Message", { exact: true }).pressSequentially("hel");
  await expect.poll(() => ann.locator("#typing").textContent()).toBe("Bob is typing…");
  await expect.poll(() => ann.locator("#typing").textContent(), { timeout: 10_000 }).toBe("");
  await bob.getByRole("button", { name: "music" }).click();
  await ann.locator("#members .who", { hasText: "Bob" }).waitFor({ state: "detached" });
});

test("channels keep apart, and are found by their names", async () => {
  const ann = await enter("red", "Ann");
  const bob = await enter("blue", "Bob");
  await say(ann, "in red");
  await expect.poll(() => lines(ann)).toEqual(["in red"]);
  expect(await lines(bob)).toEqual([]);
  await bob.getByRole("button", { name: /red/ }).click();
  await expect.poll(() => lines(bob)).toEqual(["in red"]);
  await bob.getByLabel("A channel to open").fill("a b/ü");
  await bob.keyboard.press("Enter");
  await expect.poll(() => bob.locator("#channel").textContent()).toBe("a b/ü");
  await bob.locator("#members .note", { hasText: "you" }).waitFor();
});
