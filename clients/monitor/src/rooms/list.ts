import { COLUMNS, type Column, type Entry } from "./columns.ts";

/** How long the order of rooms stands before it follows their figures. */
const HOLD_MS = 2_000;

/** Which rooms are shown, in which order. */
export class RoomList {
  #column = COLUMNS.find(({ name }) => name === "clients") as Column;
  #isReversed = false;
  #words: readonly string[] = [];
  #order: readonly string[] = [];
  /** Undefined: somebody wants another order, or others, now. */
  #sortedAt: number | undefined;
  /** Somebody points at the rows: none moves from under the pointer. */
  isHeld = false;

  get column(): Column {
    return this.#column;
  }

  /** Whether the smallest comes first. */
  get isAscending(): boolean {
    return this.#isReversed !== this.#rises(this.#column);
  }

  /** Sorts by a column; again, the other way round. */
  sortBy(column: Column): void {
    this.#isReversed = column === this.#column && !this.#isReversed;
    this.#column = column;
    this.#sortedAt = undefined;
  }

  /** Shows those only whose id, type or shard has all of these words. */
  search(text: string): void {
    this.#words = text.toLowerCase().split(/\s+/).filter(Boolean);
    this.#sortedAt = undefined;
  }

  /** The rooms to show. Their order follows the figures every other second, not with each patch. */
  pick(entries: ReadonlyMap<string, Entry>, now: number): readonly Entry[] {
    const isOld = this.#sortedAt !== undefined && now - this.#sortedAt >= HOLD_MS;
    if (this.#sortedAt === undefined || (isOld && !this.isHeld)) {
      this.#sort(entries);
      this.#sortedAt = now;
    }
    const known = new Set(this.#order);
    const picked = this.#order.flatMap((id) => entries.get(id) ?? []);
    const fresh = [...entries.values()].filter((entry) => !known.has(entry.id));
    return [...picked, ...fresh.filter((entry) => this.#fits(entry))];
  }

  #sort(entries: ReadonlyMap<string, Entry>): void {
    const found = [...entries.values()].filter((entry) => this.#fits(entry));
    const keyed = found.map((entry) => ({ id: entry.id, key: this.#column.key(entry) }));
    const sign = this.isAscending ? 1 : -1;
    keyed.sort((one, other) => sign * compare(one.key, other.key) || compare(one.id, other.id));
    this.#order = keyed.map(({ id }) => id);
  }

  #fits({ id, name, shard, locked }: Entry): boolean {
    const text = `${id} ${name} shard ${shard} shard-${shard}${locked ? " locked" : ""}`;
    const lower = text.toLowerCase();
    return this.#words.every((word) => lower.includes(word));
  }

  #rises({ name }: Column): boolean {
    return name === "id" || name === "type" || name === "shard";
  }
}

function compare(one: number | string, other: number | string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
