import { defineConfig } from "vite";
import { listForRust } from "../vite/list.ts";
import { contentSecurityPolicy } from "../vite/policy.ts";

/** What the dev server passes on to a room server on its usual port. */
const SERVER = "http://localhost:2567";

export default defineConfig({
  base: "/monitor/",
  // Flame graphs are fetched, with the password, and shown as images.
  plugins: [contentSecurityPolicy("; img-src 'self' blob:"), listForRust("monitor")],
  build: {
    outDir: "../../engine/pages/monitor",
    emptyOutDir: true,
    target: "es2022",
    modulePreload: { polyfill: false },
    // A file each: the page forbids itself inline data by its Content-Security-Policy.
    assetsInlineLimit: 0,
  },
  server: {
    proxy: {
      "^/matchmake/": SERVER,
      "^/\\w+/\\w+\\?sessionId=": { target: SERVER, ws: true },
    },
  },
});
