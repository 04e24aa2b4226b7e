import type { Steering } from "./steering.ts";
import type { Vector } from "./vector.ts";

/** Between two inputs at the least, milliseconds: a hand says nothing new more often. */
const SEND_MS = 33;

/** Turns steering into inputs: a velocity, sent when it changes, for the server keeps the last. */
export class Drive {
  readonly #steering: Steering;
  readonly #speed: number;
  #sent: Vector = { x: 0, y: 0 };
  #sentAt = 0;

  constructor(steering: Steering, speed: number) {
    this.#steering = steering;
    this.#speed = speed;
  }

  /** The velocity that the server does not know yet, if there is one. */
  next(now: number, player: Vector): Vector | undefined {
    const { x, y } = this.#steering.direction(player);
    const wanted = { x: Math.round(x * this.#speed), y: Math.round(y * this.#speed) };
    const isNew = wanted.x !== this.#sent.x || wanted.y !== this.#sent.y;
    if (!isNew || now - this.#sentAt < SEND_MS) return undefined;
    this.#sent = wanted;
    this.#sentAt = now;
    return wanted;
  }

  /** Another room: it knows of nothing. */
  reset(): void {
    this.#sent = { x: 0, y: 0 };
  }
}
