import type { PatchStamp } from "@downbeat/client";
import type { ChatHistory } from "../rooms.ts";
import { element } from "../shared/dom.ts";
import { face } from "./face.ts";
import type { Channel } from "./room.ts";

/** How near its end a list still follows what is new, pixels. */
const NEAR = 80;
/** Lines of one person within this time stand together, milliseconds. */
const TOGETHER_MS = 5 * 60_000;

/** What was said in a channel. */
export class Lines {
  readonly #list = element("lines", HTMLOListElement);
  readonly #shown = new Map<bigint, HTMLElement>();
  #fresh: [bigint, ChatHistory][] = [];
  #last: { readonly from: string; readonly at: number } | undefined;

  /** Shows a channel from now on. */
  follow(channel: Channel): void {
    this.#clear();
    const { history } = channel.state;
    history.onAdd((line, number) => this.#fresh.push([number, { ...line }]));
    history.onRemove((_, number) => this.#remove(number));
    channel.onPatch((stamp) => this.#show(stamp));
    // Its first patch was before anybody could listen.
    this.#show(undefined, channel);
  }

  #clear(): void {
    this.#shown.clear();
    this.#fresh = [];
    this.#last = undefined;
    this.#list.replaceChildren();
  }

  #show(stamp: PatchStamp | undefined, channel?: Channel): void {
    const isFollowed = this.#isNearEnd();
    const fresh = this.#fresh.sort(([one], [other]) => Number(one - other));
    this.#fresh = [];
    const serverNow = stamp?.serverTimeMs ?? channel?.clock.serverNow();
    for (const [number, line] of fresh) this.#append(number, line, serverNow);
    if (this.#shown.size === 0) this.#showEmpty();
    if (fresh.length > 0 && isFollowed) this.#list.scrollTop = this.#list.scrollHeight;
  }

  #append(number: bigint, line: ChatHistory, serverNow: number | undefined): void {
    if (this.#shown.size === 0) this.#list.replaceChildren();
    // Lines have the room's time: as far back from now here as there.
    const agoMs = Math.max(0, (serverNow ?? Number(line.at_ms)) - Number(line.at_ms));
    const at = Date.now() - agoMs;
    const item = document.createElement("li");
    const isSame = this.#last?.from === line.from && at - this.#last.at < TOGETHER_MS;
    item.classList.toggle("same", isSame);
    item.append(face(line.from), by(line.from, at), words(line.text));
    this.#list.append(item);
    this.#shown.set(number, item);
    this.#last = { from: line.from, at };
  }

  #remove(number: bigint): void {
    this.#shown.get(number)?.remove();
    this.#shown.delete(number);
  }

  #showEmpty(): void {
    if (this.#list.childElementCount > 0) return;
    const item = document.createElement("li");
    item.className = "empty";
    item.textContent = "Nobody has said anything yet. Be the first.";
    this.#list.append(item);
  }

  #isNearEnd(): boolean {
    const { scrollTop, clientHeight, scrollHeight } = this.#list;
    return scrollTop + clientHeight > scrollHeight - NEAR;
  }
}

function by(name: string, at: number): HTMLElement {
  const by = document.createElement("p");
  by.className = "by";
  const time = document.createElement("time");
  const date = new Date(at);
  time.dateTime = date.toISOString();
  time.textContent = date.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  by.append(name, time);
  return by;
}

function words(text: string): HTMLElement {
  const words = document.createElement("p");
  words.className = "words";
  words.textContent = text;
  return words;
}
