import { sessionText } from "@downbeat/client";
import { element, write } from "../shared/dom.ts";
import { face } from "./face.ts";
import type { Channel } from "./room.ts";

/** How long somebody is thought to be typing after the last word of it, milliseconds. */
const TYPING_MS = 3_000;

/** Who is in a channel, and who is typing. */
export class Members {
  readonly #list = element("members", HTMLUListElement);
  readonly #count = element("count", HTMLSpanElement);
  readonly #typing = element("typing", HTMLParagraphElement);
  /** Sessions, and until when. */
  readonly #typists = new Map<string, number>();
  #channel: Channel | undefined;

  constructor() {
    setInterval(() => this.#showTyping(), 500);
  }

  /** Shows a channel from now on. */
  follow(channel: Channel): void {
    this.#channel = channel;
    this.#typists.clear();
    const { members, history } = channel.state;
    const show = () => {
      if (this.#channel === channel) this.#show(channel);
    };
    members.onAdd(show, { existing: false });
    members.onChange(show);
    members.onRemove(show);
    channel.on("typing", ({ session }) => {
      this.#typists.set(sessionText(session), performance.now() + TYPING_MS);
      this.#showTyping();
    });
    // Whoever has said it types no more.
    history.onAdd(({ from }) => this.#stopTyping(channel, from), { existing: false });
    show();
  }

  #show(channel: Channel): void {
    const members = [...channel.state.members].sort(([, one], [, other]) =>
      one.name.localeCompare(other.name),
    );
    write(this.#count, `${members.length}`);
    this.#list.replaceChildren(
      ...members.map(([session, { name, online }]) => {
        const item = document.createElement("li");
        item.classList.toggle("away", !online);
        const who = document.createElement("span");
        who.className = "who";
        who.textContent = name;
        const note = document.createElement("span");
        note.className = "note";
        note.textContent = session === channel.sessionId ? "you" : online ? "" : "away";
        item.append(face(name), who, note);
        return item;
      }),
    );
  }

  #stopTyping(channel: Channel, from: string): void {
    for (const session of this.#typists.keys()) {
      if (channel.state.members.get(session)?.name === from) this.#typists.delete(session);
    }
    this.#showTyping();
  }

  #showTyping(): void {
    const now = performance.now();
    for (const [session, until] of this.#typists) if (until < now) this.#typists.delete(session);
    const names = [...this.#typists.keys()].map((session) => this.#name(session));
    write(this.#typing, sentence(names.filter((name) => name !== undefined)));
  }

  #name(session: string): string | undefined {
    return this.#channel?.state.members.get(session)?.name;
  }
}

function sentence(names: readonly string[]): string {
  const [first, second] = names;
  if (first === undefined) return "";
  if (second === undefined) return `${first} is typing…`;
  return names.length === 2 ? `${first} and ${second} are typing…` : "Several are typing…";
}
