// What patches leave behind. Counts and bytes, no times: `npm run bench` tells those.
import { expect, test } from "vitest";
import { joined } from "../bench/patches.js";

test("100,000 patches of 50 players leave no garbage behind", async () => {
  const hear = await joined();
  // Until the engine has compiled what is hot.
  hear(20_000);
  const before = heap();
  const { patches, changes } = hear(100_000);
  expect({ patches, changes }).toEqual({ patches: 100_000, changes: 5_000_000 });
  // One leaked object of 8 bytes per patch would be 800 KB.
  expect(heap() - before).toBeLessThan(400_000);
});

function heap(): number {
  if (!globalThis.gc) throw new Error("run with --expose-gc, as vitest.config.ts says");
  globalThis.gc();
  globalThis.gc();
  return process.memoryUsage().heapUsed;
}
