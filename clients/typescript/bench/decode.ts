// How many patches of arena does one core decode, and what do they leave behind?
import { joined, type Run } from "./patches.js";

const SECONDS = 5;
const BATCH = 10_000;

const hear = await joined();
hear(BATCH);
gc?.();
const heapBefore = process.memoryUsage().heapUsed;
const runs: Run[] = [];
for (const start = performance.now(); performance.now() - start < SECONDS * 1_000; ) {
  runs.push(hear(BATCH));
}
gc?.();
const heapAfter = process.memoryUsage().heapUsed;

const rates = runs.map(({ patches, milliseconds }) => (patches / milliseconds) * 1_000);
rates.sort((one, other) => one - other);
const sum = (of: "patches" | "changes" | "bytes") => runs.reduce((all, run) => all + run[of], 0);
const whole = (number: number) => Math.round(number).toLocaleString("en");
process.stdout.write(`Node ${process.version}, ${runs.length} runs of ${whole(BATCH)} patches
patches per second: median ${whole(rates[rates.length >> 1] ?? 0)}, least ${whole(rates[0] ?? 0)}
bytes per patch: ${whole(sum("bytes") / sum("patches"))}, rows told of as changed: ${whole(sum("changes"))}
heap after ${whole(sum("patches"))} patches: ${whole((heapAfter - heapBefore) / 1_024)} KiB more
`);
