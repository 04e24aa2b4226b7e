import { element, write } from "./dom.ts";

/** Where the password is kept: in this tab, so that a reload does not ask again. */
const KEY = "downbeat.monitor";

/** Asks for the password, where there is one. */
export class Door {
  readonly #form = element("door", HTMLFormElement);
  readonly #field = element("password", HTMLInputElement);
  readonly #refusal = element("refusal", HTMLParagraphElement);
  readonly #main = element("main", HTMLElement);
  password = sessionStorage.getItem(KEY) ?? undefined;

  /** Returns when somebody has written a password. */
  ask(refusal: string): Promise<void> {
    write(this.#refusal, this.password === undefined ? "" : `${refusal}.`);
    this.#show(true);
    this.#field.select();
    this.#field.focus();
    return new Promise((resolve) => {
      this.#form.onsubmit = (event) => {
        event.preventDefault();
        this.password = this.#field.value;
        sessionStorage.setItem(KEY, this.password);
        write(this.#refusal, "");
        resolve();
      };
    });
  }

  /** It is open. */
  opened(): void {
    this.#field.value = "";
    this.#show(false);
  }

  #show(isClosed: boolean): void {
    this.#form.hidden = !isClosed;
    this.#main.hidden = isClosed;
  }
}
