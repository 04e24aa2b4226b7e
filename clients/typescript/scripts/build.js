// Writes dist/: ESM for all platforms, the WebSocket of Node apart, and the types.
import { execFileSync } from "node:child_process";
import { cpSync, rmSync } from "node:fs";
import { build } from "esbuild";
import { sizes } from "./size.js";

/** Files of their own, so that a bundler can leave out what a game does not use. */
const PARTS = [
  "src/index.ts",
  "src/client.ts",
  "src/backoff.ts",
  "src/clock.ts",
  "src/motion/interpolate.ts",
  "src/motion/interpolation.ts",
  "src/motion/predict.ts",
  "src/motion/prediction.ts",
  "src/motion/timeline.ts",
  "src/wire/id.ts",
];

const common = {
  bundle: true,
  format: /** @type {const} */ ("esm"),
  target: "es2022",
  outdir: "dist",
  outbase: "src",
  sourcemap: /** @type {const} */ ("linked"),
  sourcesContent: true,
  legalComments: /** @type {const} */ ("none"),
};

rmSync("dist", { recursive: true, force: true });
await build({ ...common, entryPoints: PARTS, splitting: true, external: ["#websocket"] });
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
for (const license of ["LICENSE-APACHE", "LICENSE-MIT"])
  cpSync(`../../${license}`, `dist/${license}`);
execFileSync("tsc", ["--project", "tsconfig.types.json"], { stdio: "inherit" });

for (const { what, bytes } of await sizes()) process.stdout.write(`${what}: ${bytes} bytes\n`);
