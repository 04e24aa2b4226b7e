// What the client costs a page: minified and compressed, as a server sends it.
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

/** Gzipped bytes that the whole client may take. */
export const SIZE_MAX = 25_000;

/** The gzipped sizes of a page that uses everything, and of one that uses a part. */
export async function sizes() {
  return [
    { what: "everything, gzipped", bytes: await gzipped('export * from "./dist/index.js";') },
    {
      what: "rooms only, gzipped",
      bytes: await gzipped('export { Client } from "./dist/index.js";'),
    },
  ];
}

/** @param {string} source an ESM module inside the package */
export async function gzipped(source) {
  const { outputFiles } = await build({
    stdin: { contents: source, resolveDir: "." },
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    write: false,
  });
  return gzipSync(outputFiles[0]?.contents ?? new Uint8Array(), { level: 9 }).byteLength;
}
