import { draw, element, make, set, write } from "../dom.ts";
import { age, count, plural } from "../format.ts";
import type { Detail, Monitor, State } from "../room.ts";
import { ENDLESS } from "../rooms/columns.ts";
import { Clients } from "./clients.ts";
import { Deeds } from "./deeds.ts";
import { Histogram } from "./histogram.ts";
import { Tree } from "./tree.ts";

/** Who hears that the panel was opened or closed. */
export interface Owner {
  opened(id: string): void;
  closed(): void;
}

/** One room, closely: its clients, its ticks, its state, and what can be done to it. */
export class Panel {
  readonly #box = element("detail", HTMLElement);
  readonly #owner: Owner;
  readonly #deeds = new Deeds();
  #room: Monitor | undefined;
  #view: View | undefined;
  #id: string | undefined;

  constructor(owner: Owner) {
    this.#owner = owner;
    this.#box.addEventListener("keydown", ({ key }) => {
      if (key === "Escape") this.close();
    });
    addEventListener("hashchange", () => this.#follow());
  }

  /** Another connection, or the first: what was looked at is looked at again. */
  enter(room: Monitor): void {
    this.#room = room;
    this.#deeds.enter(room);
    room.on("room", (detail) => this.#tell(detail));
    room.on("gone", ({ room }) => this.#gone(room));
    if (this.#id === undefined) this.#follow();
    else room.send("look", { room: this.#id });
  }

  /** Looks at a room; the page's address says so, so that it can be passed on. */
  open(id: string): void {
    if (location.hash === `#${id}`) this.#open(id);
    else location.hash = id;
  }

  close(): void {
    if (this.#id === undefined) return;
    this.#id = undefined;
    this.#box.hidden = true;
    document.body.classList.remove("beside");
    this.#view = undefined;
    history.replaceState(null, "", location.pathname);
    this.#room?.send("look", { room: null });
    this.#owner.closed();
  }

  /** What the table knows of the room. */
  listed({ rooms, node }: State): void {
    const row = this.#id === undefined ? undefined : rooms.get(this.#id);
    if (!row) return;
    const parts = [row.name, `shard ${row.shard}`];
    parts.push(`up ${age((node.value?.uptime_s ?? 0) - row.created_s)}`);
    this.#view?.about(parts.join(" · "));
  }

  #follow(): void {
    const id = location.hash.slice(1);
    if (id === "") this.close();
    else this.#open(id);
  }

  #open(id: string): void {
    const isNew = this.#id !== id;
    this.#id = id;
    this.#owner.opened(id);
    if (isNew || !this.#view) {
      this.#view = new View(this.#box, id, this.#deeds, () => this.close());
      this.#room?.send("look", { room: id });
      if (this.#room) this.listed(this.#room.state);
    }
    this.#box.hidden = false;
    document.body.classList.add("beside");
    this.#box.focus();
  }

  #tell(detail: Detail): void {
    if (detail.room === this.#id) this.#view?.show(detail);
  }

  #gone(id: string): void {
    if (id === this.#id) this.#view?.gone();
  }
}

/** What is in the panel for one room. */
class View {
  readonly #about = make("p", "about", "…");
  readonly #lock = button("Lock");
  readonly #record = button("Record");
  readonly #close = button("Close room", "danger");
  readonly #clientsTitle = make("h3", "", "Clients");
  readonly #ticksNote = make("p");
  readonly #stateNote = make("p");
  readonly #clients: Clients;
  readonly #histogram: Histogram;
  readonly #tree: Tree;
  #isLocked = false;
  #isRecorded = false;
  #count = 0;

  constructor(box: HTMLElement, id: string, deeds: Deeds, leave: () => void) {
    const list = make("ul", "clients");
    const [ticks, state] = [make("div"), make("div", "tree")];
    const sections = [
      section(this.#clientsTitle, make("p"), list),
      section(make("h3", "", "Duration of its ticks"), this.#ticksNote, ticks),
      section(make("h3", "", "State"), this.#stateNote, state),
    ];
    const body = make("div", "body", ...sections);
    box.replaceChildren(this.#head(id, leave), this.#deeds(id, deeds), body);
    set(box, "aria-label", `Room ${id}`);
    this.#clients = new Clients(list, (session) => void deeds.kick(id, session));
    this.#histogram = new Histogram(ticks);
    this.#tree = new Tree(state);
  }

  about(text: string): void {
    write(this.#about, text);
  }

  show(detail: Detail): void {
    const { clients, clientsLeftOut, clientsMax, tables, ticks, tickHz } = detail;
    this.#isLocked = detail.locked;
    this.#count = clients.length + clientsLeftOut;
    this.#isRecorded = detail.recorded;
    this.#enable(true);
    write(this.#lock, detail.locked ? "Unlock" : "Lock");
    write(this.#record, detail.recorded ? "Stop recording" : "Record");
    const of = clientsMax === ENDLESS ? "" : ` of ${count(clientsMax)}`;
    write(this.#clientsTitle, `Clients: ${count(this.#count)}${of}`);
    this.#clients.show(detail);
    this.#histogram.show(ticks, tickHz);
    const since = `${plural(Number(ticks.count), "tick")} in ${age(Number(ticks.watchedMs) / 1_000)}`;
    write(this.#ticksNote, `${tickHz} Hz · ${since}`);
    this.#tree.show(tables);
    write(this.#stateNote, `what clients see, at tick ${count(Number(detail.tick))}`);
  }

  gone(): void {
    this.about("This room has ended");
    this.#enable(false);
  }

  #enable(is: boolean): void {
    for (const deed of [this.#lock, this.#record, this.#close]) deed.disabled = !is;
  }

  #head(id: string, leave: () => void): HTMLElement {
    const close = make("button", "icon");
    close.type = "button";
    set(close, "aria-label", "Back to the rooms");
    close.append(
      draw("svg", { viewBox: "0 0 16 16" }, draw("path", { d: "M3 3l10 10M13 3L3 13" })),
    );
    close.addEventListener("click", leave);
    return make("header", "", make("div", "", make("h2", "mono", id), this.#about), close);
  }

  #deeds(id: string, deeds: Deeds): HTMLElement {
    this.#enable(false);
    this.#lock.addEventListener("click", () => deeds.lock(id, !this.#isLocked));
    this.#record.addEventListener("click", () => deeds.record(id, !this.#isRecorded));
    this.#close.addEventListener("click", () => void deeds.close(id, this.#count));
    return make("div", "deeds", this.#lock, this.#record, this.#close);
  }
}

function section(title: HTMLElement, note: HTMLElement, body: HTMLElement): HTMLElement {
  return make("section", "", make("header", "", title, note), body);
}

function button(text: string, className = ""): HTMLButtonElement {
  const made = make("button", className, text);
  made.type = "button";
  return made;
}
