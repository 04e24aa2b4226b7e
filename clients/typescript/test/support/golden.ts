import { readdirSync, readFileSync } from "node:fs";

const folder = new URL("../../../../schemas/golden/", import.meta.url);

/** One WebSocket message and what a client should read in it. */
export interface Golden {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly json: GoldenJson;
}

/** The parts of the descriptions that the tests look at. */
export interface GoldenJson {
  readonly type: string;
  readonly payload?: string;
  readonly seq?: number;
  readonly tick?: number;
  readonly input?: { readonly [name: string]: unknown };
  readonly event?: { readonly [name: string]: unknown };
  readonly client_time_us?: number;
  readonly server_time_us?: number;
  readonly stamp?: { server_time_us: number; tick: number; acked_input: number };
  readonly tables_after?: { readonly [table: string]: readonly GoldenRow[] };
  readonly [other: string]: unknown;
}

export interface GoldenRow {
  readonly slot: number;
  readonly key: string | number | null;
  readonly fields: { readonly [field: string]: unknown };
}

/** The messages whose names begin like this, in their order. */
export function goldens(prefix: string): readonly Golden[] {
  const names = readdirSync(folder).filter((file) => file.endsWith(".bin"));
  return names
    .map((file) => file.slice(0, -".bin".length))
    .filter((name) => name.startsWith(prefix))
    .sort()
    .map(golden);
}

export function golden(name: string): Golden {
  const bytes = new Uint8Array(readFileSync(new URL(`${name}.bin`, folder)));
  const json: GoldenJson = JSON.parse(readFileSync(new URL(`${name}.json`, folder), "utf8"));
  return { name, bytes, json };
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
