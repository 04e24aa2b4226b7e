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
