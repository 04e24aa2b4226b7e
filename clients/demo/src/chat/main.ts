import "./look.css";
import { Client } from "@downbeat/client";
import { followBeat } from "../shared/beat.ts";
import { element, write } from "../shared/dom.ts";
import { friendly } from "../shared/friendly.ts";
import { Stay } from "../shared/stay.ts";
import { Channels } from "./channels.ts";
import { Lines } from "./lines.ts";
import { Members } from "./members.ts";
import type { Chat } from "./room.ts";

/** At most so often the others are told that somebody types, milliseconds. */
const TYPING_MS = 1_500;
const FIRST_CHANNEL = "lobby";
/** Where the browser keeps the chosen name. */
const NAME = "downbeat-name";

const client = new Client(location.origin);
const lines = new Lines();
const members = new Members();
const channels = new Channels(client, (channel) => {
  location.hash = channel;
});
const stay = new Stay<Chat>({
  join: () => client.joinOrCreate<Chat>("chat", { channel: channel(), name: name() }),
  entered(room) {
    lines.follow(room);
    members.follow(room);
    channels.refresh();
  },
});

const text = element("text", HTMLInputElement);
const nameField = element("name", HTMLInputElement);
const openField = element("open-name", HTMLInputElement);

element("say", HTMLFormElement).addEventListener("submit", (event) => {
  event.preventDefault();
  // On the way into a room there is nobody to say it to: the words stay where they are.
  if (!stay.room) return;
  if (text.value.trim() !== "") stay.room.send("say", { text: text.value });
  text.value = "";
});

let toldAt = Number.NEGATIVE_INFINITY;
text.addEventListener("input", () => {
  const now = performance.now();
  if (text.value === "" || now - toldAt < TYPING_MS) return;
  toldAt = now;
  stay.room?.send("typing");
});

element("open", HTMLFormElement).addEventListener("submit", (event) => {
  event.preventDefault();
  location.hash = openField.value.trim();
  openField.value = "";
  text.focus();
});

element("rename", HTMLFormElement).addEventListener("submit", (event) => {
  event.preventDefault();
  localStorage.setItem(NAME, nameField.value.trim());
  nameField.value = name();
  enter();
});

addEventListener("hashchange", () => enter());
nameField.value = name();
enter();
followBeat(() => stay.room?.clock.serverNow());

function enter(): void {
  write(element("channel", HTMLHeadingElement), channel());
  channels.current = channel();
  stay.enter();
}

/** The address says which: a link to a channel can be sent to a friend. */
function channel(): string {
  return decodeURIComponent(location.hash.slice(1)) || FIRST_CHANNEL;
}

/** As chosen, or else one that this browser keeps. */
function name(): string {
  const chosen = localStorage.getItem(NAME);
  if (chosen) return chosen;
  const given = friendly(crypto.getRandomValues(new Uint32Array(2)).join("")).name;
  localStorage.setItem(NAME, given);
  return given;
}

/** For the console, and for tests. */
Object.assign(globalThis, {
  demo: {
    get room() {
      return stay.room;
    },
  },
});
