import { make, write } from "../dom.ts";
import { age, count, percent, time } from "../format.ts";
import type { MonitorRooms } from "../tables.ts";

/** A room with its id. */
export interface Entry extends Readonly<MonitorRooms> {
  readonly id: string;
}

/** Seats without end. */
export const ENDLESS = 0xffff_ffff;

/** A column of the table of rooms. */
export interface Column {
  readonly name: string;
  readonly title: string;
  /** Whether a telephone has room for it. */
  readonly isKept: boolean;
  /** What to sort by; texts rise, numbers fall. */
  key(entry: Entry): number | string;
  make(): HTMLElement;
  tell(cell: HTMLElement, entry: Entry, now: number): void;
}

const text = (): HTMLElement => make("span");

export const COLUMNS: readonly Column[] = [
  {
    name: "id",
    title: "Room",
    isKept: true,
    key: ({ id }) => id,
    make: () => make("span", "mono"),
    tell: (cell, { id }) => write(cell, id),
  },
  {
    name: "type",
    title: "Type",
    isKept: true,
    key: ({ name }) => name,
    make: text,
    tell: (cell, { name }) => write(cell, name),
  },
  {
    name: "shard",
    title: "Shard",
    isKept: false,
    key: ({ shard }) => shard,
    make: text,
    tell: (cell, { shard }) => write(cell, `${shard}`),
  },
  {
    name: "clients",
    title: "Clients",
    isKept: true,
    key: ({ clients }) => clients,
    make: share,
    tell: (cell, { clients, clients_max }) => {
      const isEndless = clients_max === ENDLESS;
      tellShare(cell, isEndless ? 0 : clients / clients_max, count(clients));
      write(cell.lastElementChild as Element, isEndless ? "" : `of ${count(clients_max)}`);
    },
  },
  {
    name: "load",
    title: "Load",
    isKept: false,
    key: ({ load }) => load,
    make: share,
    tell: (cell, { load }) => tellShare(cell, load / 10_000, percent(load / 10_000)),
  },
  {
    name: "worst",
    title: "Lateness max",
    isKept: false,
    key: ({ worst_us }) => worst_us,
    make: text,
    tell: (cell, { worst_us }) => write(cell, time(worst_us)),
  },
  {
    name: "age",
    title: "Age",
    isKept: false,
    key: ({ created_s }) => -created_s,
    make: text,
    tell: (cell, { created_s }, now) => write(cell, age(now - created_s)),
  },
  {
    name: "state",
    title: "State",
    isKept: false,
    key: ({ locked, recorded, private: isPrivate }) => {
      return Number(recorded) * 4 + Number(locked) * 2 + Number(isPrivate);
    },
    make: () => make("span", "", tag("recorded"), tag("locked"), tag("private")),
    tell: (cell, { locked, recorded, private: isPrivate }) => {
      for (const [index, is] of [recorded, locked, isPrivate].entries()) {
        (cell.children[index] as HTMLElement).hidden = !is;
      }
    },
  },
];

function tag(name: string): HTMLElement {
  return make("span", `tag ${name}`, name);
}

/** A bar, a figure, and what it is of. */
function share(): HTMLElement {
  return make("span", "share", make("i"), make("b"), make("small"));
}

function tellShare(cell: HTMLElement, part: number, figure: string): void {
  cell.style.setProperty("--part", `${Math.min(1, part).toFixed(3)}`);
  write(cell.children[1] as Element, figure);
}
