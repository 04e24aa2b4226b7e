import { atMost, type Vector, ZERO } from "./vector.ts";

/** Where keys lead, by their place on the keyboard, not by their letter. */
const KEYS: { readonly [code: string]: Vector } = {
  KeyW: { x: 0, y: -1 },
  ArrowUp: { x: 0, y: -1 },
  KeyA: { x: -1, y: 0 },
  ArrowLeft: { x: -1, y: 0 },
  KeyS: { x: 0, y: 1 },
  ArrowDown: { x: 0, y: 1 },
  KeyD: { x: 1, y: 0 },
  ArrowRight: { x: 1, y: 0 },
};

/** Pixels from the player, or from where a finger came down, at which the speed is full. */
const MOUSE_REACH = 110;
export const STICK_REACH = 56;

/** A finger on the screen: where it came down, and where it is. */
export interface Stick {
  readonly origin: Vector;
  readonly at: Vector;
}

/** What keyboard, mouse and touch ask for, as one direction. */
export class Steering {
  readonly #held = new Set<string>();
  #pointer:
    | { readonly id: number; readonly isTouch: boolean; origin: Vector; at: Vector }
    | undefined;
  #onFirst: (() => void) | undefined;

  constructor(readonly canvas: HTMLCanvasElement) {
    addEventListener("keydown", (event) => this.#press(event));
    addEventListener("keyup", (event) => this.#held.delete(event.code));
    // A key that is let go elsewhere is not told: it must not lead on.
    addEventListener("blur", () => this.#letGo());
    document.addEventListener("visibilitychange", () => this.#letGo());
    canvas.addEventListener("pointerdown", (event) => this.#down(event));
    canvas.addEventListener("pointermove", (event) => this.#move(event));
    for (const end of ["pointerup", "pointercancel", "lostpointercapture"] as const) {
      canvas.addEventListener(end, (event) => this.#up(event));
    }
    canvas.addEventListener("contextmenu", (event) => event.preventDefault());
  }

  /** Called once, when somebody steers for the first time. */
  onFirst(listener: () => void): void {
    this.#onFirst = listener;
  }

  /** The direction, at most 1 long. `player` is where the own player is on the screen. */
  direction(player: Vector): Vector {
    const pointer = this.#pointer;
    if (pointer) {
      const [from, reach] = pointer.isTouch ? [pointer.origin, STICK_REACH] : [player, MOUSE_REACH];
      return atMost({ x: (pointer.at.x - from.x) / reach, y: (pointer.at.y - from.y) / reach }, 1);
    }
    let sum = ZERO;
    for (const code of this.#held) {
      const key = KEYS[code] ?? ZERO;
      sum = { x: sum.x + key.x, y: sum.y + key.y };
    }
    return atMost({ x: Math.sign(sum.x), y: Math.sign(sum.y) }, 1);
  }

  /** The finger, to be drawn. */
  get stick(): Stick | undefined {
    return this.#pointer?.isTouch ? this.#pointer : undefined;
  }

  #press(event: KeyboardEvent): void {
    const isShortcut = event.ctrlKey || event.metaKey || event.altKey;
    if (isShortcut || !KEYS[event.code] || isTakenBy(event.target, event.code)) return;
    event.preventDefault();
    this.#held.add(event.code);
    this.#first();
  }

  #down(event: PointerEvent): void {
    if (this.#pointer) return;
    const at = this.#place(event);
    this.#pointer = { id: event.pointerId, isTouch: event.pointerType === "touch", origin: at, at };
    this.canvas.setPointerCapture(event.pointerId);
    this.#first();
  }

  #move(event: PointerEvent): void {
    if (this.#pointer?.id === event.pointerId) this.#pointer.at = this.#place(event);
  }

  #up(event: PointerEvent): void {
    if (this.#pointer?.id === event.pointerId) this.#pointer = undefined;
  }

  #place(event: PointerEvent): Vector {
    const { left, top } = this.canvas.getBoundingClientRect();
    return { x: event.clientX - left, y: event.clientY - top };
  }

  #letGo(): void {
    this.#held.clear();
    this.#pointer = undefined;
  }

  #first(): void {
    this.#onFirst?.();
    this.#onFirst = undefined;
  }
}

/** Sliders move by arrows; whoever writes a text wants all keys. */
function isTakenBy(target: EventTarget | null, code: string): boolean {
  if (!(target instanceof HTMLInputElement)) return false;
  if (target.type === "range") return code.startsWith("Arrow");
  return target.type !== "checkbox";
}
