import type { Steering } from "./steering.ts";
import { type Vector, ZERO } from "./vector.ts";

/** Between two inputs at the least, milliseconds: a hand says nothing new more often. */
const SEND_MS = 33;

/** Turns steering into inputs: a velocity, sent when it changes, for the server keeps the last. */
export class Drive {
  readonly #steering: Steering;
  readonly #speed: number;
  readonly #send: (velocity: Vector) => void;
  #sent = ZERO;
  #sentAt = 0;

  /** @param speed the fastest, units per second */
  constructor(steering: Steering, speed: number, send: (velocity: Vector) => void) {
    this.#steering = steering;
    this.#speed = speed;
    this.#send = send;
    // A page that nobody sees draws no frames, and would never say that a key was let go.
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) this.#say(ZERO, performance.now());
    });
  }

  /** Once in each frame. `player` is where the own player is on the screen. */
  steer(now: number, player: Vector): void {
    if (now - this.#sentAt < SEND_MS) return;
    const { x, y } = this.#steering.direction(player);
    this.#say({ x: Math.round(x * this.#speed), y: Math.round(y * this.#speed) }, now);
  }

  /** Another room: it knows of nothing. */
  reset(): void {
    this.#sent = ZERO;
  }

  #say(velocity: Vector, now: number): void {
    if (velocity.x === this.#sent.x && velocity.y === this.#sent.y) return;
    this.#sent = velocity;
    this.#sentAt = now;
    this.#send(velocity);
  }
}
