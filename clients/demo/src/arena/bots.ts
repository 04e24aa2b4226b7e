import { Client } from "@downbeat/client";
import type { Vector } from "../shared/vector.ts";
import type { Arena, ArenaSeat } from "./room.ts";
import { SIDE } from "./rules.ts";

/** Between two thoughts of a bot, milliseconds, at the least and at the most. */
const THINK_MS = [350, 900] as const;
/** Units per second, at the least and at the most. */
const SPEED = [110, 260] as const;
/** A bot that is this near has arrived, units. */
const NEAR = 60;
/** Bots keep this far from the walls, units. */
const MARGIN = 60;

/**
 * Further players in the page's room. Each is a client of its own, as if it were in another page.
 */
export class Bots {
  readonly #client: Client;
  readonly #bots: Bot[] = [];
  #wanted = 0;
  #roomId: string | undefined;
  #isFilling = false;

  /** Told when their number has changed, or when no more fit in. */
  onCount: (count: number, isFull: boolean) => void = () => {};

  constructor(url: string) {
    // A bot that lost its seat is replaced, not brought back.
    this.#client = new Client(url, { reconnection: { enabled: false } });
  }

  set wanted(count: number) {
    this.#wanted = count;
    void this.#fill();
  }

  /** Sends all bots to the room that the page is in now. */
  follow(roomId: string): void {
    this.#roomId = roomId;
    for (const bot of this.#bots.splice(0)) bot.leave();
    void this.#fill();
  }

  /** One at a time: a slider that is pulled asks for many. */
  async #fill(): Promise<void> {
    while (this.#bots.length > this.#wanted) this.#bots.pop()?.leave();
    this.#tell(false);
    if (this.#isFilling) return;
    this.#isFilling = true;
    try {
      while (this.#bots.length < this.#wanted && this.#roomId) await this.#add(this.#roomId);
    } catch {
      // The room is full, or the server is away: as many as there are must do.
      this.#wanted = this.#bots.length;
      this.#tell(true);
    } finally {
      this.#isFilling = false;
    }
  }

  async #add(roomId: string): Promise<void> {
    const room = await this.#client.joinById<Arena>(roomId);
    const isStillWanted = roomId === this.#roomId && this.#bots.length < this.#wanted;
    if (!isStillWanted) return room.leave();
    const bot = new Bot(room);
    this.#bots.push(bot);
    room.onLeave(() => this.#lose(bot));
    this.#tell(false);
  }

  #lose(bot: Bot): void {
    bot.stop();
    const at = this.#bots.indexOf(bot);
    if (at < 0) return;
    this.#bots.splice(at, 1);
    this.#tell(false);
  }

  #tell(isFull: boolean): void {
    this.onCount(this.#bots.length, isFull);
  }
}

/** Walks from one place to another, and rests in between. */
class Bot {
  readonly #room: ArenaSeat;
  readonly #speed = between(SPEED);
  #goal: Vector = anywhere();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(room: ArenaSeat) {
    this.#room = room;
    this.#think();
  }

  leave(): void {
    this.stop();
    this.#room.leave();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #think(): void {
    const own = this.#room.state.players.get(this.#room.sessionId);
    if (own) this.#walk(own);
    this.#timer = setTimeout(() => this.#think(), between(THINK_MS));
  }

  #walk({ x, y }: Vector): void {
    const [dx, dy] = [this.#goal.x - x, this.#goal.y - y];
    const distance = Math.hypot(dx, dy);
    if (distance < NEAR) this.#goal = anywhere();
    const speed = distance < NEAR ? 0 : this.#speed / distance;
    this.#room.send("move", { dx: Math.round(dx * speed), dy: Math.round(dy * speed) });
  }
}

function anywhere(): Vector {
  const one = () => between([MARGIN, SIDE - MARGIN]);
  return { x: one(), y: one() };
}

function between([least, most]: readonly [number, number]): number {
  return least + Math.random() * (most - least);
}
