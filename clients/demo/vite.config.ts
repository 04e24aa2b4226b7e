import { resolve } from "node:path";
import { defineConfig } from "vite";
import { listForRust } from "../vite/list.ts";
import { contentSecurityPolicy } from "../vite/policy.ts";

const page = (name: string) => resolve(import.meta.dirname, `${name}.html`);

/** What the dev server passes on to a room server on its usual port. */
const SERVER = "http://localhost:2567";

export default defineConfig({
  plugins: [contentSecurityPolicy(), listForRust("demo")],
  build: {
    outDir: "../../engine/pages/demo",
    emptyOutDir: true,
    target: "es2022",
    modulePreload: { polyfill: false },
    // A file each: the pages forbid themselves inline data by their Content-Security-Policy.
    assetsInlineLimit: 0,
    rolldownOptions: { input: ["index", "world", "chat"].map(page) },
  },
  server: {
    proxy: {
      "^/(matchmake/|rooms$|rooms\\?|metrics$|health$)": SERVER,
      "^/\\w+/\\w+\\?sessionId=": { target: SERVER, ws: true },
    },
  },
});
