import { ask, say } from "../ask.ts";
import { plural } from "../format.ts";
import type { Deed, Monitor } from "../room.ts";

/** What operators do to rooms; what cannot be taken back is asked for twice. */
export class Deeds {
  #room: Monitor | undefined;
  #number = 0;
  /** What is said when it is done. */
  readonly #underWay = new Map<number, string>();

  enter(room: Monitor): void {
    this.#room = room;
    this.#underWay.clear();
    room.on("done", ({ number, refusal }) => {
      const done = this.#underWay.get(number);
      if (done === undefined) return;
      this.#underWay.delete(number);
      say(refusal === null ? done : `Not done: ${refusal}.`);
    });
  }

  lock(id: string, isLocked: boolean): void {
    const done = isLocked
      ? "The room takes nobody in any more."
      : "The room takes clients in again.";
    this.#do(id, isLocked ? "lock" : "unlock", done);
  }

  record(id: string, isOn: boolean): void {
    const done = isOn ? "The room is being recorded." : "The recording has ended.";
    this.#do(id, isOn ? "record" : "stopRecording", done);
  }

  async close(id: string, clients: number): Promise<void> {
    const question = {
      title: `Close room ${id}?`,
      text: `${plural(clients, "client")} will be disconnected, and its state is gone.`,
      yes: "Close the room",
    };
    if (await ask(question)) this.#do(id, "close", "The room is closed.");
  }

  async kick(id: string, session: string): Promise<void> {
    const question = {
      title: `Kick ${session}?`,
      text: "The client is told that an operator sent it away. It may come back.",
      yes: "Kick",
    };
    if (await ask(question)) this.#do(id, { kick: { session } }, "The client is gone.");
  }

  #do(room: string, deed: Deed, done: string): void {
    if (!this.#room?.isConnected) {
      say("Not done: there is no connection.");
      return;
    }
    this.#number += 1;
    this.#underWay.set(this.#number, done);
    this.#room.send("act", { number: this.#number, room, deed });
  }
}
