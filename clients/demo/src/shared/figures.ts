import { write } from "./dom.ts";
import { Lateness } from "./lateness.ts";

/** How often figures are written, and the server's are asked for, milliseconds. */
const WRITE_MS = 500;
const ASK_MS = 2_000;

/** Writes figures into the page from time to time. Each entry: an element's id, and its text now. */
export function showFigures(figures: { readonly [id: string]: () => string | undefined }): void {
  const show = () => {
    for (const [id, text] of Object.entries(figures)) {
      const target = document.getElementById(id);
      if (target) write(target, text() ?? "–");
    }
  };
  setInterval(show, WRITE_MS);
}

/** Follows how late the server's ticks are. Gives the newest figure, as text. */
export function followLateness(room: string): () => string | undefined {
  const lateness = new Lateness(room);
  let text: string | undefined;
  const ask = async () => {
    if (document.hidden) return;
    const p99 = lateness.p99(await metrics());
    text = p99 === undefined ? undefined : `${p99.toFixed(p99 < 10 ? 1 : 0)} ms`;
  };
  // A server that is away says nothing here: the page's status speaks of it.
  setInterval(() => ask().catch(() => undefined), ASK_MS);
  ask().catch(() => undefined);
  return () => text;
}

async function metrics(): Promise<string> {
  const response = await fetch("/metrics");
  return response.ok ? response.text() : "";
}

/** As people read it: `940 B/s`, `12.4 kB/s`. */
export function bytesPerSecond(bytes: number): string {
  return bytes < 1_000 ? `${Math.round(bytes)} B/s` : `${(bytes / 1_000).toFixed(1)} kB/s`;
}

export function milliseconds(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : `${Math.round(ms)} ms`;
}
