import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: {
    alias: { "#websocket": new URL("src/host/websocket.node.ts", import.meta.url).pathname },
  },
  test: {
    include: ["test/**/*.test.ts"],
    execArgv: ["--expose-gc"],
    // Servers, installs and builds: what is slow on a busy machine is not therefore wrong.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
