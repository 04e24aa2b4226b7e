import type { Client } from "@downbeat/client";
import { element } from "../shared/dom.ts";

/** What is seen of the channel before the current one, pixels. */
const PEEK = 40;

/** Channels that are offered even while nobody is in them. */
const ALWAYS = ["lobby", "music", "strategy"];
/** How often the listing is asked for, milliseconds. */
const ASK_MS = 2_000;

/** The channels to choose from: a few of the page's own, and those that the server lists. */
export class Channels {
  readonly #list = element("channels", HTMLUListElement);
  readonly #client: Client;
  readonly #choose: (channel: string) => void;
  #current = "";
  #shown = "";

  constructor(client: Client, choose: (channel: string) => void) {
    this.#client = client;
    this.#choose = choose;
    setInterval(() => this.refresh(), ASK_MS);
  }

  set current(channel: string) {
    this.#current = channel;
    this.refresh();
  }

  /** Asks the server, and shows what it says; while it is away, what was last known stands. */
  refresh(): void {
    if (document.hidden) return;
    this.#counts().then(
      (counts) => this.#show(counts),
      () => this.#show(new Map()),
    );
  }

  async #counts(): Promise<Map<string, number>> {
    const counts = new Map<string, number>();
    for (const { metadata, clients } of await this.#client.rooms("chat")) {
      const { channel } = metadata as { channel?: string };
      if (channel) counts.set(channel, (counts.get(channel) ?? 0) + clients);
    }
    return counts;
  }

  #show(counts: ReadonlyMap<string, number>): void {
    const others = [...counts.keys(), this.#current].filter((name) => !ALWAYS.includes(name));
    const names = [...ALWAYS, ...new Set(others.sort())];
    const wanted = JSON.stringify([this.#current, names.map((name) => [name, counts.get(name)])]);
    // Rebuilt only when it would look different: the focus stays where it is.
    if (wanted === this.#shown) return;
    this.#shown = wanted;
    const focused = (document.activeElement as HTMLElement | null)?.dataset.channel;
    this.#list.replaceChildren(...names.map((name) => this.#item(name, counts.get(name) ?? 0)));
    if (focused !== undefined) this.#focus(focused);
    this.#showCurrent();
  }

  #item(name: string, count: number): HTMLElement {
    const button = document.createElement("button");
    button.type = "button";
    button.dataset.channel = name;
    if (name === this.#current) button.ariaCurrent = "true";
    const [label, clients] = [document.createElement("span"), document.createElement("span")];
    label.textContent = name;
    clients.textContent = count > 0 ? `${count}` : "";
    button.append(label, clients);
    button.onclick = () => this.#choose(name);
    const item = document.createElement("li");
    item.append(button);
    return item;
  }

  /**
   * On a telephone the list is a line that is longer than the page. `scrollIntoView` would do, but
   * the next Tab would begin from there.
   */
  #showCurrent(): void {
    const current = this.#list.querySelector<HTMLElement>("[aria-current]");
    if (current) this.#list.scrollLeft = current.offsetLeft - this.#list.offsetLeft - PEEK;
  }

  #focus(channel: string): void {
    for (const button of this.#list.querySelectorAll("button")) {
      if (button.dataset.channel === channel) button.focus();
    }
  }
}
