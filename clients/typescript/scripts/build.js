// Writes dist/: one ESM file for all platforms, one with the WebSocket of Node, and the types.
import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { build } from "esbuild";
import { sizes } from "./size.js";

const common = {
  bundle: true,
  format: /** @type {const} */ ("esm"),
  target: "es2022",
  outdir: "dist",
  sourcemap: /** @type {const} */ ("linked"),
  sourcesContent: true,
  legalComments: /** @type {const} */ ("none"),
};

rmSync("dist", { recursive: true, force: true });
await build({ ...common, entryPoints: ["src/index.ts"], external: ["#websocket"] });
await build({ ...common, entryPoints: ["src/host/websocket.ts"] });
await build({
  ...common,
  entryPoints: ["src/host/websocket.node.ts"],
  platform: "node",
  // The bundled `ws` asks for modules of Node in the old way.
  banner: {
    js: 'import { createRequire } from "node:module";\nconst require = createRequire(import.meta.url);',
  },
});
execFileSync("tsc", ["--project", "tsconfig.types.json"], { stdio: "inherit" });

for (const { what, bytes } of await sizes()) process.stdout.write(`${what}: ${bytes} bytes\n`);
