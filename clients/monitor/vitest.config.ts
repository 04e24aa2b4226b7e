import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["tests/**/*.test.ts"],
    // One browser at a time: what is measured is not to be disturbed by its neighbours.
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 60_000,
    // A condition is awaited as long as a busy machine may need.
    expect: { poll: { timeout: 30_000 } },
  },
});
