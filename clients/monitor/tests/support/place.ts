import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { launch, type Visit, visit } from "../../../demo/tests/support/browser.ts";
import { Server, type Settings } from "../../../demo/tests/support/server.ts";

/** The server, the browser and perhaps the load of one file of tests. */
export interface Place {
  readonly server: Server;
  /** Opens the monitor and waits until it is live. */
  open(options?: Opening): Promise<Page>;
  /** Opens the monitor of another server, and waits for nothing. */
  visit(url: string, options?: Opening): Promise<Page>;
}

export interface Opening extends BrowserContextOptions {
  readonly path?: string;
  /** Whether the page may complain: of a server that is gone on purpose. */
  readonly mayComplain?: boolean;
}

/** Clients that play in the arena, as many as a file of tests wants. */
export class Load {
  readonly #process: ChildProcess;

  constructor(url: string, clients: number) {
    const binary = process.env.DOWNBEAT;
    if (!binary) throw new Error("set DOWNBEAT to the path of the server binary");
    const options = ["load", "--url", url, "--clients", `${clients}`, "--seconds", "3600"];
    this.#process = spawn(binary, options, { stdio: "ignore" });
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null) return;
    const exit = once(this.#process, "exit");
    this.#process.kill("SIGTERM");
    await exit;
  }
}

/**
 * Starts a server and a browser before the tests of a file. After each test its pages are closed,
 * none of which may have written an error or asked anybody else for anything.
 */
export function place(settings: Settings & { readonly clients?: number } = {}): Place {
  const visits: (Visit & Opening)[] = [];
  let [server, browser]: [Server | undefined, Browser | undefined] = [undefined, undefined];
  let load: Load | undefined;
  beforeAll(async () => {
    [server, browser] = await Promise.all([Server.start(0, settings), launch()]);
    if (settings.clients) load = new Load(server.url, settings.clients);
  });
  afterEach(async () => {
    for (const { page, complaints, mayComplain } of visits.splice(0)) {
      await page.context().close();
      if (!mayComplain) expect(complaints).toEqual([]);
    }
  });
  afterAll(async () => {
    await load?.stop();
    await browser?.close();
    await server?.stop();
  });
  const visitUrl = async (
    url: string,
    { path = "", mayComplain = false, ...rest }: Opening = {},
  ) => {
    const options = { viewport: { width: 1_440, height: 900 }, ...rest };
    const opened = await visit(present(browser), `${url}/monitor${path}`, options);
    visits.push({ ...opened, mayComplain });
    return opened.page;
  };
  return {
    get server() {
      return present(server);
    },
    visit: visitUrl,
    async open(options = {}) {
      const page = await visitUrl(present(server).url, options);
      await live(page);
      return page;
    },
  };
}

/** Waits until the page shows what is there now. */
export async function live(page: Page): Promise<void> {
  await page.locator("#link.live").waitFor();
}

/** The rooms in sight, from the top. */
export function rows(page: Page): Promise<string[][]> {
  return page.evaluate(() => {
    const shown = [...document.querySelectorAll<HTMLElement>(".row:not([hidden])")];
    shown.sort(
      (one, other) => Number.parseFloat(one.style.top) - Number.parseFloat(other.style.top),
    );
    return shown.map((row) => [...row.children].map((cell) => cell.textContent ?? ""));
  });
}

/** The row of a room. */
export function row(page: Page, room: string) {
  return page.locator(".row:not([hidden])", { hasText: room });
}

function present<T>(started: T | undefined): T {
  if (started === undefined) throw new Error("it has not started");
  return started;
}
