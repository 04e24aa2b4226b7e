import { Client, type LeaveReason, MatchmakeError, type Room } from "@downbeat/client";
import type { Page } from "playwright-core";
import { afterEach, expect, test } from "vitest";
import { live, place, row, rows } from "./support/place.ts";

/** What plays on the server while all this is looked at. */
const PLAYERS = 120;
const here = place({ clients: PLAYERS });
const players: Room[] = [];

afterEach(() => {
  for (const player of players.splice(0)) player.leave();
});

/** Somebody in a room of their own. */
async function player(name = "chat", options: object = {}): Promise<Room> {
  const room = await new Client(here.server.url).create(name, options);
  players.push(room);
  return room;
}

function left(room: Room): Promise<LeaveReason> {
  return new Promise((resolve) => room.onLeave(resolve));
}

/** Opens a room in the page's panel. */
async function look(page: Page, room: string): Promise<void> {
  await page.getByRole("searchbox").fill(room);
  await row(page, room).click();
  await page.locator("#detail").getByRole("button", { name: "Lock" }).waitFor();
}

test("the plot moves, and figures are those of the load", async () => {
  const page = await here.open();
  await expect.poll(() => page.locator("#clients").textContent()).toBe(`${PLAYERS}`);
  const line = () => page.locator("#plot path.p99").getAttribute("d");
  const before = (await line()) ?? "";
  await expect.poll(line).not.toBe(before);
  await expect.poll(async () => ((await line()) ?? "").split("L").length).toBeGreaterThan(3);
  const p99 = page.locator("#legend .p99 b");
  await expect.poll(() => p99.textContent()).toMatch(/^[\d.]+ (µs|ms|s)$/);
  await expect.poll(() => page.locator("#p99-more").textContent()).toMatch(/ticks\/s$|skipped$/);
  const shard = page.locator("#shards li");
  expect(await shard.count()).toBe(1);
  await expect.poll(() => shard.locator("b").textContent()).toMatch(/^[\d.]+ %$/);
  const meter = Number(await shard.getByRole("meter").getAttribute("aria-valuenow"));
  expect(meter).toBeGreaterThanOrEqual(0);
  expect(meter).toBeLessThanOrEqual(100);
});

test("the plot shows other times, and those before now", async () => {
  const page = await here.open();
  await expect.poll(() => page.locator("#legend .p99 b").textContent()).toMatch(/s$/);
  await page.getByRole("radio", { name: "Duration" }).check();
  await expect.poll(() => page.locator("#ticks-title").textContent()).toBe("Duration of ticks");
  const plot = page.locator("#plot");
  await plot.focus();
  for (let step = 0; step < 3; step++) await page.keyboard.press("ArrowLeft");
  await expect.poll(() => plot.getAttribute("aria-valuetext")).toMatch(/^3 s ago: /);
  expect(await page.locator("#legend .when").textContent()).toMatch(/^3 s ago/);
  await page.keyboard.press("Tab");
  await expect.poll(() => plot.getAttribute("aria-valuetext")).toMatch(/^now: /);
});

test("rooms are searched and sorted", async () => {
  const chats = await Promise.all([player(), player(), player()]);
  const page = await here.open();
  await page.keyboard.press("/");
  await page.keyboard.type("chat");
  await expect.poll(async () => (await rows(page)).length).toBe(3);
  expect(await page.locator("#found").textContent()).toMatch(/^3 of \d+ rooms$/);
  const sorted = chats.map(({ roomId }) => roomId).sort();
  const ids = async () => (await rows(page)).map(([id]) => id);
  await page.getByRole("button", { name: "Room", exact: true }).click();
  await expect.poll(ids).toEqual(sorted);
  const head = page.getByRole("columnheader", { name: "Room" });
  expect(await head.getAttribute("aria-sort")).toBe("ascending");
  await page.getByRole("button", { name: "Room", exact: true }).click();
  await expect.poll(ids).toEqual(sorted.reverse());
  expect(await head.getAttribute("aria-sort")).toBe("descending");
  await page.getByRole("searchbox").fill("chat no-such-room");
  await page.getByText("No room fits this search").waitFor();
});

test("a room is opened by keyboard, and left the same way", async () => {
  const page = await here.open();
  await expect.poll(async () => (await rows(page)).length).toBeGreaterThan(2);
  await page.locator(".row[tabindex='0']").focus();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  const panel = page.locator("#detail");
  await panel.getByRole("heading", { name: /Clients: \d+ of 50/ }).waitFor();
  expect(await panel.evaluate((panel) => panel === document.activeElement)).toBe(true);
  const id = await panel.locator("h2").textContent();
  expect(new URL(page.url()).hash).toBe(`#${id}`);
  expect(await row(page, id ?? "").getAttribute("aria-selected")).toBe("true");
  await page.keyboard.press("Escape");
  expect(await panel.isHidden()).toBe(true);
  expect(new URL(page.url()).hash).toBe("");
  expect(await row(page, id ?? "").evaluate((row) => row === document.activeElement)).toBe(true);
});

test("a room is seen closely: clients, ticks and the state as a tree", async () => {
  const chat = await player("chat", { channel: "attic", name: "Ann" });
  const page = await here.open({ path: `#${chat.roomId}` });
  const panel = page.locator("#detail");
  await panel.getByText(chat.sessionId, { exact: true }).first().waitFor();
  await panel.getByText("chat · shard 0").waitFor();
  await expect.poll(() => panel.locator(".bars rect").count()).toBeGreaterThan(0);
  await expect.poll(() => panel.locator(".times dd").first().textContent()).toMatch(/s$/);
  await panel.getByText("members", { exact: true }).click();
  await panel.locator(".tree summary", { hasText: chat.sessionId }).click();
  await panel.locator(".leaf", { hasText: 'name"Ann"' }).waitFor();
  chat.send("say", { text: "hello" });
  await panel.getByText("history", { exact: true }).click();
  await panel.locator(".tree summary", { hasText: '"hello"' }).waitFor();
  // What was open stayed open while values came.
  expect(await panel.locator(".leaf", { hasText: 'name"Ann"' }).count()).toBe(1);
});

test("a client is kicked only when it was asked for twice", async () => {
  const chat = await player();
  const end = left(chat);
  const page = await here.open();
  await look(page, chat.roomId);
  await page.getByRole("button", { name: `Kick ${chat.sessionId}` }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
  await page.getByRole("button", { name: `Kick ${chat.sessionId}` }).click();
  expect(chat.isConnected).toBe(true);
  await page.getByRole("dialog").getByRole("button", { name: "Kick" }).click();
  const { code, message } = await end;
  expect([code, message]).toEqual([4004, "an operator sent you away"]);
  await page.locator("#toasts").getByText("The client is gone.").waitFor();
});

test("a room is locked, unlocked and closed", async () => {
  const chat = await player();
  const end = left(chat);
  const page = await here.open();
  await look(page, chat.roomId);
  await page.getByRole("button", { name: "Lock", exact: true }).click();
  await page.getByRole("button", { name: "Unlock" }).waitFor();
  await row(page, chat.roomId).getByText("locked").waitFor();
  const refused = new Client(here.server.url).joinById(chat.roomId);
  await expect(refused).rejects.toThrow(MatchmakeError);
  await page.getByRole("button", { name: "Unlock" }).click();
  await page.getByRole("button", { name: "Lock", exact: true }).waitFor();
  await page.getByRole("button", { name: "Close room" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Close the room" }).click();
  const { code, message } = await end;
  expect([code, message]).toEqual([4003, "an operator closed the room"]);
  await page.locator("#detail").getByText("This room has ended").waitFor();
  await row(page, chat.roomId).waitFor({ state: "detached" });
  expect(await page.getByRole("button", { name: "Close room" }).isDisabled()).toBe(true);
  await live(page);
});
