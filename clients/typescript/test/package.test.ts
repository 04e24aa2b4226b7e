// The packed tarball, as a game gets it: in a plain Node project, and in a vanilla one of Vite.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { gzipped, SIZE_MAX, sizes } from "../scripts/size.js";
import { Client, type Room } from "../src/index.js";
import type { Arena } from "./support/rooms.js";
import { type Server, startServer, until } from "./support/server.js";

const home = fileURLToPath(new URL("..", import.meta.url));
const bin = (name: string) => join(home, "../node_modules/.bin", name);
const readme = readFileSync(join(home, "README.md"), "utf8");
const chromium = process.env.CHROMIUM ?? "/usr/bin/chromium";

let folder: string;
let tarball: string;
let server: Server;
let spectator: Room<Arena>;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "downbeat-client-"));
  const packed = run("npm", ["pack", "--json", "--pack-destination", folder], home);
  tarball = join(folder, JSON.parse(packed)[0].filename);
  server = await startServer();
  spectator = await new Client(server.url).create<Arena>("arena");
});
afterAll(async () => {
  spectator?.leave();
  await server?.stop();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

function run(program: string, words: readonly string[], cwd: string): string {
  return execFileSync(program, words, {
    cwd,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
}

/** A game of the README in a project of its own, with nothing installed but the tarball. */
function project(name: string, files: { readonly [path: string]: string }): string {
  const root = join(folder, name);
  const packageJson = JSON.stringify({ name, private: true, type: "module" });
  for (const [path, text] of Object.entries({ "package.json": packageJson, ...files })) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  run("npm", ["install", "--offline", "--no-audit", "--no-fund", tarball], root);
  return root;
}

/** The game in the README's first block of this language, at most 40 lines of it. */
function game(language: string): string {
  const code = readme.split(`\`\`\`${language}\n`)[1]?.split("```")[0] ?? "";
  expect(code.trimEnd().split("\n").length).toBeLessThanOrEqual(40);
  expect(code).toContain('"http://localhost:2567"');
  return code.replace("http://localhost:2567", server.url);
}

/** Waits for somebody who joins the spectator's room and moves. */
async function someoneMoves(): Promise<string> {
  const moved = new Set<string>();
  const stop = spectator.state.players.onField("x", (_, __, ___, session) => moved.add(session));
  moved.delete(spectator.sessionId);
  await until(() => moved.size > 0);
  stop();
  return [...moved][0] ?? "";
}

describe("a game from the tarball", () => {
  test("plays arena in plain Node", async () => {
    const root = project("node", { "game.js": game("js") });
    const child = spawn(process.execPath, ["game.js"], {
      cwd: root,
      stdio: ["ignore", "pipe", "inherit"],
    });
    const said: string[] = [];
    child.stdout.on("data", (chunk) => said.push(String(chunk)));
    const session = await someoneMoves();
    child.kill("SIGTERM");
    await once(child, "exit");
    await until(() => !spectator.state.players.has(session));
    expect(said.join("")).toContain(`${session} is at`);
    expect(child.exitCode).toBe(0);
  });

  test("plays arena in a page that Vite has built", async () => {
    const root = project("vite", {
      "index.html":
        '<!doctype html><body><script type="module" src="/src/main.ts"></script></body>',
      "src/main.ts": game("ts"),
    });
    run(bin("vite"), ["build", "--logLevel", "warn"], root);
    if (!existsSync(chromium)) throw new Error(`no browser at ${chromium}: set CHROMIUM`);
    const page = await serve(join(root, "dist"));
    const profile = join(folder, "profile");
    const flags =
      "--headless --no-sandbox --disable-gpu --no-first-run --disable-sync --disable-quic --disable-background-networking --disable-component-update";
    const browser = spawn(chromium, [...flags.split(" "), `--user-data-dir=${profile}`, page.url], {
      stdio: "ignore",
    });
    try {
      const session = await someoneMoves();
      expect(session).not.toBe("");
    } finally {
      browser.kill();
      await once(browser, "exit");
      page.close();
    }
  });

  test("has types that a strict project accepts", () => {
    const root = project("types", { "src/main.ts": game("ts") });
    const options = ["--strict", "--exactOptionalPropertyTypes", "--skipLibCheck", "false"];
    const target = ["--target", "es2022", "--lib", "es2022,dom,dom.iterable"];
    for (const module of [
      ["--module", "nodenext"],
      ["--module", "esnext", "--moduleResolution", "bundler"],
    ]) {
      run(bin("tsc"), ["--noEmit", ...options, ...target, ...module, "src/main.ts"], root);
    }
  });
});

/** Serves built files. */
async function serve(root: string): Promise<{ url: string; close(): void }> {
  const types: { readonly [ending: string]: string } = { html: "text/html", js: "text/javascript" };
  const files = createServer((request, response) => {
    const path = request.url === "/" ? "/index.html" : (request.url ?? "");
    try {
      const body = readFileSync(join(root, path));
      response.setHeader("Content-Type", types[path.split(".").at(-1) ?? ""] ?? "text/plain");
      response.end(body);
    } catch {
      response.statusCode = 404;
      response.end();
    }
  });
  files.listen(0, "127.0.0.1");
  await once(files, "listening");
  const { port } = files.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/`, close: () => files.close() };
}

describe("the package", () => {
  test("costs a page less than 25 KB", async () => {
    for (const { what, bytes } of await sizes())
      expect([what, bytes < SIZE_MAX]).toEqual([what, true]);
  });

  test("costs only what is used", async () => {
    const everything = await gzipped('export * from "./dist/index.js";');
    const clock = await gzipped('export { ClockEstimate } from "./dist/index.js";');
    const motion = await gzipped('export { Timeline, Interpolation } from "./dist/index.js";');
    expect(clock).toBeLessThan(700);
    expect(motion).toBeLessThan(2_000);
    expect(everything).toBeGreaterThan(10 * motion);
  });

  test("depends on nothing", () => {
    const manifest = JSON.parse(readFileSync(join(home, "package.json"), "utf8"));
    expect([manifest.dependencies, manifest.peerDependencies]).toEqual([undefined, undefined]);
    for (const version of Object.values(manifest.devDependencies)) expect(version).toMatch(/^\d/);
  });

  test("has no `any` in its public face", () => {
    const listed = run("tar", ["-tzf", tarball], folder).split("\n");
    const types = listed.filter((path) => path.endsWith(".d.ts"));
    expect(types.length).toBeGreaterThan(10);
    for (const path of types) {
      const text = run("tar", ["-xzOf", tarball, path], folder).replace(/\/\*[\s\S]*?\*\//g, "");
      expect([path, /\bany\b/.exec(text)?.[0]]).toEqual([path, undefined]);
    }
  });
});
