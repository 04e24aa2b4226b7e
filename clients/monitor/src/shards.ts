import { element, Keyed, make, set, write } from "./dom.ts";
import { brief, bytes, count, percent, plural } from "./format.ts";
import type { State } from "./room.ts";
import type { MonitorLimits, MonitorShards } from "./tables.ts";

const FULL_PERMILLE = 800;
/** A shard tells its figures every second: so long a silence means that it is held up. */
const SILENCE_MS = 5_000;

interface ShardParts {
  readonly item: HTMLLIElement;
  readonly load: HTMLElement;
  readonly meter: HTMLElement;
  readonly busy: HTMLElement;
  readonly cpu: HTMLElement;
  readonly who: HTMLElement;
  readonly traffic: HTMLElement;
}

/** How much of their time shards use, and which limits were hit. */
export class Shards {
  readonly #parts = new Map<Element, ShardParts>();
  readonly #list = new Keyed<readonly [number, MonitorShards], HTMLLIElement>(
    element("shards", HTMLUListElement),
    (key) => this.#make(key),
    (item, [, row]) => this.#tell(item, row),
  );
  readonly #limits = new Keyed<MonitorLimits, HTMLLIElement>(
    element("limit-list", HTMLUListElement),
    (name) => make("li", "", make("code", "", name), make("span")),
    (item, { times }) => write(item.lastElementChild as Element, `${count(times)}×`),
  );
  readonly #limitBox = element("limits", HTMLDivElement);

  show({ shards, limits }: State): void {
    const sorted = [...shards].sort(([one], [other]) => one - other);
    this.#list.show(sorted.map((shard) => [`${shard[0]}`, shard] as const));
    this.#limitBox.hidden = limits.size === 0;
    this.#limits.show([...limits].sort(([, one], [, other]) => other.times - one.times));
  }

  #make(key: string): HTMLLIElement {
    const [load, who, traffic] = [make("b"), make("span"), make("span")];
    const [busy, cpu] = [make("i"), make("i")];
    const meter = make("div", "meter", busy, cpu);
    set(meter, "role", "meter");
    set(meter, "aria-label", `Shard ${key}, busy`);
    const head = make("div", "shard-head", make("span", "", `Shard ${key}`), load);
    const item = make("li", "", head, meter, make("div", "shard-foot", who, traffic));
    this.#parts.set(item, { item, load, meter, busy, cpu, who, traffic });
    return item;
  }

  #tell(item: HTMLLIElement, row: MonitorShards): void {
    const parts = this.#parts.get(item);
    if (!parts) return;
    const isSilent = row.silence_ms > SILENCE_MS;
    const part = row.busy_permille / 1_000;
    write(parts.load, isSilent ? "held up" : percent(part));
    set(parts.meter, "aria-valuenow", `${Math.round(100 * part)}`);
    parts.busy.style.transform = `scaleX(${part})`;
    parts.cpu.style.transform = `scaleX(${row.cpu_permille / 1_000})`;
    item.classList.toggle("full", isSilent || row.busy_permille > FULL_PERMILLE);
    write(parts.who, `${plural(row.clients, "client")} in ${plural(row.rooms, "room")}`);
    const out = `${brief(row.sent_messages)}/s · ${bytes(row.sent_bytes)}/s`;
    write(parts.traffic, `out ${out}`);
    item.title = [
      `${count(row.connections)} connections`,
      `in ${brief(row.received_messages)} messages/s, ${bytes(row.received_bytes)}/s`,
      `had its core for ${percent(row.cpu_permille / 1_000)} of the time`,
    ].join("\n");
  }
}
