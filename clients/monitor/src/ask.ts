import { element, make, write } from "./dom.ts";

/** A question before something is done that cannot be taken back. */
export interface Question {
  readonly title: string;
  readonly text: string;
  /** What the button says. */
  readonly yes: string;
}

/** Asks, and waits for the answer. */
export function ask({ title, text, yes }: Question): Promise<boolean> {
  const dialog = element("ask", HTMLDialogElement);
  write(element("ask-title", HTMLHeadingElement), title);
  write(element("ask-text", HTMLParagraphElement), text);
  write(element("ask-yes", HTMLButtonElement), yes);
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}

const TOAST_MS = 4_500;

/** Says what became of something, for a moment. */
export function say(text: string): void {
  const toast = make("p", "", text);
  element("toasts", HTMLDivElement).append(toast);
  setTimeout(() => toast.remove(), TOAST_MS);
}
