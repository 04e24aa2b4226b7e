import { Keyed, make, set, write } from "../dom.ts";
import { bytes, count } from "../format.ts";
import type { ClientDetail, Detail } from "../room.ts";

/** Who is in the room. */
export class Clients {
  readonly #keyed: Keyed<ClientDetail, HTMLLIElement>;
  readonly #nobody = make("li", "nobody", "Nobody is here");
  readonly #left = make("li", "nobody");

  /** @param kick called with the session that is to go */
  constructor(list: HTMLUListElement, kick: (session: string) => void) {
    list.append(this.#nobody, this.#left);
    this.#keyed = new Keyed(list, (session) => makeClient(session, kick), tellClient);
  }

  show({ clients, clientsLeftOut }: Detail): void {
    this.#nobody.hidden = clients.length > 0;
    this.#left.hidden = clientsLeftOut === 0;
    write(this.#left, `and ${count(clientsLeftOut)} more`);
    this.#keyed.show(clients.map((client) => [client.session, client] as const));
  }
}

function makeClient(session: string, kick: (session: string) => void): HTMLLIElement {
  const button = make("button", "danger", "Kick");
  button.type = "button";
  set(button, "aria-label", `Kick ${session}`);
  button.addEventListener("click", () => kick(session));
  return make("li", "", make("span", "mono", session), make("span", "from"), button);
}

function tellClient(item: HTMLLIElement, { phase, address, queuedBytes }: ClientDetail): void {
  const [, from, button] = item.children;
  if (!from || !(button instanceof HTMLButtonElement)) return;
  const slow = queuedBytes > 0 ? `, ${bytes(queuedBytes)} wait` : "";
  write(from, `${phase === "playing" ? (address ?? "") : phase}${slow}`);
  button.disabled = phase !== "playing" && phase !== "held";
}
