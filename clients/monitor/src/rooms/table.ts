import { beforeFrame, element, make, set, write } from "../dom.ts";
import { plural } from "../format.ts";
import type { State } from "../room.ts";
import { COLUMNS, type Column, type Entry } from "./columns.ts";
import { RoomList } from "./list.ts";

/** Rows above and below those in sight: a turn of the wheel finds them there. */
const SPARE = 6;

interface RowParts {
  readonly row: HTMLElement;
  readonly cells: readonly HTMLElement[];
}

/** The table of rooms: any number of them, of which only those in sight are in the page. */
export class RoomTable {
  readonly #search = element("search", HTMLInputElement);
  readonly #found = element("found", HTMLParagraphElement);
  readonly #table = element("table", HTMLDivElement);
  readonly #scroll = make("div", "scroll");
  readonly #inner = make("div");
  readonly #nothing = make("p", "nothing");
  readonly #heads = new Map<Column, HTMLElement>();
  /** Those in sight, by room: a row keeps its element, and with it the focus, wherever it moves. */
  readonly #rows = new Map<string, RowParts>();
  readonly #spare: RowParts[] = [];
  readonly #list = new RoomList();
  readonly #redraw = beforeFrame(() => this.#draw());
  #entries = new Map<string, Entry>();
  #shown: readonly Entry[] = [];
  #now = 0;
  #chosen: string | undefined;
  /** The room whose row the Tab key reaches. */
  #focused: string | undefined;

  /** @param open called with the room that was chosen */
  constructor(open: (id: string) => void) {
    this.#scroll.append(this.#inner, this.#nothing);
    set(this.#table, "role", "table");
    set(this.#table, "aria-labelledby", "rooms-title");
    set(this.#scroll, "role", "rowgroup");
    this.#table.append(this.#makeHeads(), this.#scroll);
    new ResizeObserver(this.#redraw).observe(this.#scroll);
    this.#listen(open);
  }

  show({ rooms, node }: State): void {
    this.#entries = new Map([...rooms].map(([id, row]) => [id, { ...row, id }]));
    this.#now = node.value?.uptime_s ?? 0;
    this.#redraw();
  }

  /** Marks the room that is looked at. */
  choose(id: string | undefined): void {
    this.#chosen = id;
    this.#redraw();
  }

  /** Gives the keyboard back to the row that was chosen. */
  focus(): void {
    this.#rows.get(this.#focused ?? "")?.row.focus();
  }

  #makeHeads(): HTMLElement {
    const heads = make("div", "heads");
    set(heads, "role", "row");
    for (const column of COLUMNS) {
      const button = make("button", "", column.title);
      button.type = "button";
      button.addEventListener("click", () => {
        this.#list.sortBy(column);
        this.#scroll.scrollTop = 0;
        this.#redraw();
      });
      const head = make("div", classOf(column), button);
      set(head, "role", "columnheader");
      this.#heads.set(column, head);
      heads.append(head);
    }
    return heads;
  }

  #listen(open: (id: string) => void): void {
    this.#search.addEventListener("input", () => {
      this.#list.search(this.#search.value);
      this.#scroll.scrollTop = 0;
      this.#redraw();
    });
    document.addEventListener("keydown", (event) => {
      const isTyping = event.target instanceof HTMLInputElement;
      if (event.key !== "/" || isTyping) return;
      event.preventDefault();
      this.#search.focus();
    });
    this.#scroll.addEventListener("scroll", this.#redraw, { passive: true });
    this.#scroll.addEventListener("pointerenter", ({ pointerType }) => {
      this.#list.isHeld = pointerType === "mouse";
    });
    this.#scroll.addEventListener("pointerleave", () => {
      this.#list.isHeld = false;
    });
    this.#scroll.addEventListener("click", ({ target }) => {
      const clicked = [...this.#rows].find(([, { row }]) => row.contains(target as Node));
      if (!clicked) return;
      this.#focused = clicked[0];
      open(clicked[0]);
    });
    this.#scroll.addEventListener("keydown", (event) => this.#key(event, open));
  }

  #key(event: KeyboardEvent, open: (id: string) => void): void {
    const page = Math.max(1, Math.floor(this.#scroll.clientHeight / this.#rowHeight()) - 1);
    const step = { ArrowUp: -1, ArrowDown: 1, PageUp: -page, PageDown: page }[event.key];
    const end = { Home: 0, End: this.#shown.length - 1 }[event.key];
    const isChosen = event.key === "Enter" || event.key === " ";
    if (isChosen && this.#focused !== undefined) open(this.#focused);
    else if (step === undefined && end === undefined) return;
    else this.#moveTo(end ?? this.#focusedIndex() + (step ?? 0));
    event.preventDefault();
  }

  #moveTo(index: number): void {
    const place = Math.min(this.#shown.length - 1, Math.max(0, index));
    this.#focused = this.#shown[place]?.id;
    const height = this.#rowHeight();
    const [top, bottom] = [place * height, (place + 1) * height];
    const { scrollTop, clientHeight } = this.#scroll;
    if (top < scrollTop) this.#scroll.scrollTop = top;
    if (bottom > scrollTop + clientHeight) this.#scroll.scrollTop = bottom - clientHeight;
    this.#draw();
    this.focus();
  }

  #focusedIndex(): number {
    return this.#shown.findIndex(({ id }) => id === this.#focused);
  }

  #draw(): void {
    this.#shown = this.#list.pick(this.#entries, performance.now());
    const height = this.#rowHeight();
    this.#inner.style.height = `${this.#shown.length * height}px`;
    if (this.#focusedIndex() < 0) this.#focused = this.#shown[0]?.id;
    const inSight = this.#inSight(height);
    for (const [id, parts] of this.#rows) {
      if (inSight.has(id)) continue;
      this.#rows.delete(id);
      this.#spare.push(parts);
      parts.row.hidden = true;
    }
    for (const [id, index] of inSight) this.#tell(id, index, height);
    this.#tellAbout();
  }

  /** The rooms whose rows have to be there, with their places. */
  #inSight(height: number): ReadonlyMap<string, number> {
    const first = Math.max(0, Math.floor(this.#scroll.scrollTop / height) - SPARE);
    const last = first + Math.ceil(this.#scroll.clientHeight / height) + 2 * SPARE;
    const inSight = new Map<string, number>();
    for (const [index, { id }] of this.#shown.slice(first, last).entries()) {
      inSight.set(id, first + index);
    }
    // The one with the focus stays, so that the keyboard goes on from it.
    if (this.#focused !== undefined) inSight.set(this.#focused, this.#focusedIndex());
    return inSight;
  }

  #tell(id: string, index: number, height: number): void {
    const entry = this.#shown[index];
    if (!entry) return;
    const parts = this.#rows.get(id) ?? this.#spare.pop() ?? this.#makeRow();
    this.#rows.set(id, parts);
    const { row, cells } = parts;
    row.hidden = false;
    row.style.top = `${index * height}px`;
    row.tabIndex = id === this.#focused ? 0 : -1;
    set(row, "aria-rowindex", `${index + 2}`);
    set(row, "aria-selected", `${id === this.#chosen}`);
    for (const [number, column] of COLUMNS.entries()) {
      const cell = cells[number];
      if (cell) column.tell(cell, entry, this.#now);
    }
  }

  #makeRow(): RowParts {
    const cells = COLUMNS.map((column) => {
      const cell = column.make();
      cell.className += ` ${classOf(column)}`;
      set(cell, "role", "cell");
      return cell;
    });
    const row = make("div", "row", ...cells);
    set(row, "role", "row");
    this.#inner.append(row);
    return { row, cells };
  }

  #tellAbout(): void {
    const [shown, all] = [this.#shown.length, this.#entries.size];
    write(this.#found, shown === all ? plural(all, "room") : `${shown} of ${plural(all, "room")}`);
    this.#nothing.hidden = shown > 0;
    write(this.#nothing, all === 0 ? "No room is open" : "No room fits this search");
    set(this.#table, "aria-rowcount", `${shown + 1}`);
    for (const [column, head] of this.#heads) {
      const order = this.#list.isAscending ? "ascending" : "descending";
      set(head, "aria-sort", column === this.#list.column ? order : "none");
    }
  }

  #rowHeight(): number {
    const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
    return rem * Number.parseFloat(getComputedStyle(this.#table).getPropertyValue("--row"));
  }
}

/** What style sheets know a column by. */
function classOf({ name, isKept }: Column): string {
  return isKept ? `of-${name} keep` : `of-${name}`;
}
