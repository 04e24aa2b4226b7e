import { say } from "./ask.ts";
import { element, Keyed, make, write } from "./dom.ts";
import { age, count, plural, time } from "./format.ts";
import type { State } from "./room.ts";
import type { MonitorCaptures } from "./tables.ts";

const PARTS = ["read", "freeze", "inputs", "timers", "on_tick", "encode", "flush"] as const;

/** Slow ticks that were captured, and where the time of each went. */
export class Captures {
  readonly #password: () => string | undefined;
  readonly #box = element("captures", HTMLElement);
  readonly #note = element("captures-note", HTMLParagraphElement);
  readonly #rows = new Map<string, MonitorCaptures>();
  readonly #list = new Keyed<MonitorCaptures, HTMLLIElement>(
    element("capture-list", HTMLUListElement),
    (name) => this.#make(name),
    tell,
  );
  #url: string | undefined;

  /** @param password what opens flame graphs, if anything is needed */
  constructor(password: () => string | undefined) {
    this.#password = password;
    element("flame", HTMLDialogElement).addEventListener("close", () => this.#forget());
  }

  show({ captures, node }: State): void {
    const slowMs = node.value?.slow_tick_ms ?? 0;
    this.#box.hidden = slowMs === 0 && captures.size === 0;
    const found = captures.size === 0 ? "none yet" : count(captures.size);
    write(this.#note, `${found}, longer than ${slowMs} ms`);
    const sorted = [...captures].sort(([, one], [, other]) => other.unix_ms - one.unix_ms);
    this.#rows.clear();
    for (const [name, row] of sorted) this.#rows.set(name, row);
    this.#list.show(sorted);
  }

  #make(name: string): HTMLLIElement {
    const button = make("button", "", "Flame graph");
    button.type = "button";
    button.addEventListener("click", () => void this.#open(name));
    const facts = make("p", "", make("b"), make("span"), make("span", "mono"), make("span"));
    return make("li", "", facts, make("div", "stack"), button);
  }

  async #open(name: string): Promise<void> {
    const row = this.#rows.get(name);
    if (!row) return;
    const password = this.#password();
    const headers = password === undefined ? {} : { Authorization: `Bearer ${password}` };
    const path = `/monitor/captures/${encodeURIComponent(name)}`;
    const answer = await fetch(path, { headers }).catch(() => undefined);
    if (!answer?.ok) {
      say("The flame graph is not to be had any more.");
      return;
    }
    this.#forget();
    this.#url = URL.createObjectURL(new Blob([await answer.blob()], { type: "image/svg+xml" }));
    const title = `${row.name}, tick ${count(row.tick)}: ${time(1_000 * row.took_ms)}`;
    write(element("flame-title", HTMLHeadingElement), title);
    const graph = element("flame-graph", HTMLImageElement);
    graph.src = this.#url;
    graph.alt = `Flame graph of ${title}`;
    const save = element("flame-save", HTMLAnchorElement);
    save.href = this.#url;
    save.download = `${name}.svg`;
    const parts = PARTS.map((part) => [part, row.parts_ms[part]] as const);
    const told = parts.map(([part, ms]) => {
      return make("div", "", make("dt", "", part), make("dd", "", time(1_000 * ms)));
    });
    element("flame-parts", HTMLElement).replaceChildren(...told);
    element("flame", HTMLDialogElement).showModal();
  }

  #forget(): void {
    if (this.#url !== undefined) URL.revokeObjectURL(this.#url);
    this.#url = undefined;
  }
}

function tell(item: HTMLLIElement, row: MonitorCaptures): void {
  const [facts, stack, button] = item.children;
  if (!facts || !stack || !(button instanceof HTMLButtonElement)) return;
  const [took, where, room, when] = facts.children;
  if (took) write(took, time(1_000 * row.took_ms));
  if (where) write(where, `${row.name}, tick ${count(row.tick)}`);
  if (room) write(room, row.room);
  const ago = age((Date.now() - row.unix_ms) / 1_000);
  const size = `${plural(row.clients, "client")}, ${plural(row.rows, "row")}`;
  if (when) write(when, `${ago} ago · shard ${row.shard} · ${size}`);
  button.disabled = row.no_graph !== "";
  button.title = row.no_graph;
  if (stack.childElementCount === 0) stack.append(...bars(row));
}

/** The parts of a tick side by side, each as wide as its time. */
function bars(row: MonitorCaptures): HTMLElement[] {
  return PARTS.map((part) => {
    const bar = make("i", part);
    bar.style.flexGrow = `${row.parts_ms[part]}`;
    bar.title = `${part} ${time(1_000 * row.parts_ms[part])}`;
    return bar;
  });
}
