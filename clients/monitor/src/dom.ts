/** The element with this id, which must be of this kind: a page without it is a broken build. */
export function element<E extends Element>(id: string, kind: new () => E): E {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`the page has no ${kind.name} #${id}`);
  return found;
}

/** Writes a text where it changed: figures are written often and change seldom. */
export function write(target: Element, text: string): void {
  if (target.textContent !== text) target.textContent = text;
}

/** Sets an attribute where it changed. */
export function set(target: Element, name: string, value: string): void {
  if (target.getAttribute(name) !== value) target.setAttribute(name, value);
}

/** A new element with a class and children. */
export function make<N extends keyof HTMLElementTagNameMap>(
  name: N,
  className = "",
  ...children: (Node | string)[]
): HTMLElementTagNameMap[N] {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...children);
  return made;
}

/** A new element of SVG. */
export function draw<N extends keyof SVGElementTagNameMap>(
  name: N,
  attributes: Readonly<Record<string, string | number>> = {},
  ...children: (Node | string)[]
): SVGElementTagNameMap[N] {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, `${value}`);
  made.append(...children);
  return made;
}

/** Calls once before the next frame, however often it is asked to. */
export function beforeFrame(call: () => void): () => void {
  let isAsked = false;
  return () => {
    if (isAsked) return;
    isAsked = true;
    requestAnimationFrame(() => {
      isAsked = false;
      call();
    });
  };
}

/** Keeps one element for each key: made once, told anew, and taken away when its key is. */
export class Keyed<V, E extends Element> {
  readonly #elements = new Map<string, E>();

  constructor(
    readonly parent: Element,
    readonly maker: (key: string) => E,
    readonly teller: (element: E, value: V) => void,
  ) {}

  show(values: Iterable<readonly [key: string, value: V]>): void {
    const gone = new Set(this.#elements.keys());
    let last: Element | null = null;
    for (const [key, value] of values) {
      gone.delete(key);
      const element = this.#elements.get(key) ?? this.#make(key);
      this.teller(element, value);
      const place: Element | null = last ? last.nextElementSibling : this.parent.firstElementChild;
      if (place !== element) this.parent.insertBefore(element, place);
      last = element;
    }
    for (const key of gone) {
      this.#elements.get(key)?.remove();
      this.#elements.delete(key);
    }
  }

  #make(key: string): E {
    const made = this.maker(key);
    this.#elements.set(key, made);
    return made;
  }
}
