import { element } from "./dom.ts";

/** How long a good word stays, milliseconds. */
const GOOD_MS = 3_500;

/** The word on the connection, above everything else. */
export class Status {
  readonly #box = element("status", HTMLParagraphElement);
  readonly #text = this.#box.querySelector("span") as HTMLSpanElement;
  readonly #button = this.#box.querySelector("button") as HTMLButtonElement;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Whether the last word was of trouble. */
  get isTrouble(): boolean {
    return !this.#box.hidden && !this.#box.classList.contains("good");
  }

  /** Something is not as it should be; `again`, if given, is offered as a button. */
  trouble(text: string, again?: () => void): void {
    this.#show(text, false);
    this.#button.hidden = !again;
    this.#button.onclick = again ?? null;
  }

  /** It is as it should be again. */
  good(text: string): void {
    this.#show(text, true);
    this.#button.hidden = true;
    this.#timer = setTimeout(() => this.clear(), GOOD_MS);
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.#box.hidden = true;
  }

  #show(text: string, isGood: boolean): void {
    clearTimeout(this.#timer);
    this.#box.hidden = false;
    this.#box.classList.toggle("good", isGood);
    this.#text.textContent = text;
  }
}
