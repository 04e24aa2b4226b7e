import { Keyed, make, write } from "../dom.ts";
import { count } from "../format.ts";
import type { TableDetail } from "../room.ts";

/** A value of the state, with a name. */
interface Node {
  readonly name: string;
  readonly value: unknown;
  /** What is said of it while it is closed. */
  readonly brief: string;
  /** Children that are there and were not sent. */
  readonly left: number;
}

/**
 * The state of a room as a tree. What is open stays open while values change, and what is closed
 * costs nothing.
 */
export class Tree {
  readonly #root: Branch;

  constructor(parent: HTMLElement) {
    this.#root = new Branch(parent);
  }

  show(tables: readonly TableDetail[]): void {
    this.#root.show(tables.map((table) => [table.name, tableNode(table)] as const));
  }
}

type Entry = readonly [key: string, node: Node];

/** The children of one node. */
class Branch {
  readonly #inner = new Map<Element, { branch: Branch; node: Node }>();
  /** One that becomes another kind of value, with children or without, is made anew. */
  readonly #children: Keyed<Node, HTMLElement>;

  constructor(parent: HTMLElement) {
    this.#children = new Keyed<Node, HTMLElement>(
      parent,
      (key) => (key.startsWith("+") ? this.#makeBranch() : makeLeaf()),
      (child, node) => this.#tell(child, node),
    );
  }

  show(entries: readonly Entry[]): void {
    this.#children.show(
      entries.map(([key, node]) => [`${isBranch(node.value) ? "+" : "="}${key}`, node] as const),
    );
  }

  #makeBranch(): HTMLElement {
    const inside = make("div");
    const summary = make("summary", "", make("span", "key"), make("span", "brief"));
    const details = make("details", "", summary, inside);
    const branch = new Branch(inside);
    this.#inner.set(details, { branch, node: EMPTY });
    details.addEventListener("toggle", () => {
      const { node } = this.#inner.get(details) ?? { node: EMPTY };
      if (details.open) branch.show(childrenOf(node));
    });
    return details;
  }

  #tell(child: HTMLElement, node: Node): void {
    const inner = this.#inner.get(child);
    if (!inner || !(child instanceof HTMLDetailsElement)) {
      tellLeaf(child, node);
      return;
    }
    const [key, brief] = child.firstElementChild?.children ?? [];
    if (key) write(key, node.name);
    if (brief) write(brief, node.brief);
    inner.node = node;
    if (child.open) inner.branch.show(childrenOf(node));
  }
}

const EMPTY: Node = { name: "", value: {}, brief: "", left: 0 };

function makeLeaf(): HTMLElement {
  return make("div", "leaf", make("span", "key"), make("span", "value"));
}

function tellLeaf(leaf: HTMLElement, { name, value }: Node): void {
  const [key, shown] = leaf.children;
  if (!key || !shown) return;
  write(key, name);
  write(shown, valueText(value));
  const kind = typeof value;
  const isNumber = kind === "number" || kind === "bigint";
  shown.className = `value ${isNumber ? "number" : kind === "string" ? "text" : ""}`;
}

function isBranch(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

/** A table is its rows by their keys; a single row is its fields. */
function tableNode({ name, rows, shown }: TableDetail): Node {
  const first = shown[0];
  if (first && first[0] === null) {
    return { name, value: first[1], brief: briefOf(first[1]), left: 0 };
  }
  const value = new Map(shown.map(([key, fields]) => [valueText(key, true), fields]));
  return { name, value, brief: count(rows), left: rows - shown.length };
}

function childrenOf({ value, left }: Node): readonly Entry[] {
  const entries = value instanceof Map ? [...value] : Object.entries(value as object);
  const children = entries.map(([name, value]): Entry => {
    return [name, { name, value, brief: isBranch(value) ? briefOf(value) : "", left: 0 }];
  });
  if (left > 0) {
    const more: Node = { name: "…", value: undefined, brief: "", left };
    children.push([" more", { ...more, name: `… and ${count(left)} more` }]);
  }
  return children;
}

/** The first fields of a row, in one line. */
function briefOf(value: object): string {
  const entries = Object.entries(value).slice(0, 5);
  const text = ([name, value]: [string, unknown]) => {
    return `${name} ${isBranch(value) ? "…" : valueText(value)}`;
  };
  return entries.map(text).join("  ");
}

/** Floats of 32 bits have seven digits that mean something. */
function valueText(value: unknown, isKey = false): string {
  if (value === undefined) return "";
  if (typeof value === "number" && !Number.isInteger(value))
    return `${Number(value.toPrecision(7))}`;
  if (typeof value === "string" && !isKey) return JSON.stringify(value);
  return `${value}`;
}
