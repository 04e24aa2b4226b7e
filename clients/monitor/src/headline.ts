import { element, write } from "./dom.ts";
import { age, brief, bytes, count, percent, plural, time } from "./format.ts";
import type { State } from "./room.ts";

/** Above it a shard, or memory, is shown as a worry. */
const FULL = 0.8;

/** The node in five figures. */
export class Headline {
  readonly #facts = element("facts", HTMLParagraphElement);

  show({ node, shards, moments }: State): void {
    const row = node.value;
    if (!row) return;
    const shown = { process: row.process, version: row.version };
    write(this.#facts, `${shown.process} · ${shown.version} · up ${age(row.uptime_s)}`);
    figure("clients", count(row.clients), messages(shards));
    const left = row.rooms_left_out > 0 ? `, ${count(row.rooms_left_out)} not in the table` : "";
    figure(
      "room-count",
      count(row.rooms),
      `on ${plural(shards.size, "shard")}${left}`,
      "rooms-more",
    );
    this.#busiest(shards);
    const moment = moments.get(row.moment);
    const skipped = moment?.skipped ?? 0;
    const late = skipped > 0 ? `${count(skipped)} skipped` : `${count(moment?.ticks ?? 0)} ticks/s`;
    figure("p99", moment && moment.ticks > 0 ? time(moment.completion.p99) : "–", late);
    warn("p99-more", skipped > 0);
    this.#memory(row.resident_bytes, row.memory_limit_bytes, row.open_files);
  }

  #busiest(shards: State["shards"]): void {
    let [busiest, most] = [0, -1];
    for (const [number, { busy_permille }] of shards) {
      if (busy_permille > most) [busiest, most] = [number, busy_permille];
    }
    if (most < 0) return;
    figure("busy", percent(most / 1_000), `shard ${busiest}`);
    warn("busy", most / 1_000 > FULL);
  }

  #memory(resident: number, limit: number, files: number): void {
    figure("memory", bytes(resident), `of ${bytes(limit)} · ${plural(files, "open file")}`);
    warn("memory", limit > 0 && resident / limit > FULL);
  }
}

function messages(shards: State["shards"]): string {
  let [received, sent] = [0, 0];
  for (const row of shards.values()) {
    received += row.received_messages;
    sent += row.sent_messages;
  }
  return `${brief(received)}/s in, ${brief(sent)}/s out`;
}

function figure(id: string, value: string, more: string, moreId = `${id}-more`): void {
  write(element(id, HTMLElement), value);
  write(element(moreId, HTMLElement), more);
}

function warn(id: string, is: boolean): void {
  element(id, HTMLElement).classList.toggle("warn", is);
}
