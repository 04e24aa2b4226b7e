import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { joined, launch, type Visit, visit } from "./browser.ts";
import { Server } from "./server.ts";

/** The server and the browser of one file of tests. */
export interface Place {
  readonly server: Server;
  readonly browser: Browser;
  /** Opens a page and waits until it is in its room. */
  open(path: string, options?: BrowserContextOptions & Opening): Promise<Page>;
}

interface Opening {
  /** Where the page comes from, instead of from the server itself. */
  readonly from?: string;
  /** Whether the page may complain: of a network that is cut on purpose. */
  readonly mayComplain?: boolean;
}

/**
 * Starts a server and a browser before the tests of a file. After each test its pages are closed,
 * none of which may have written an error or asked anybody else for anything.
 */
export function place(): Place {
  const visits: (Visit & Opening)[] = [];
  let [server, browser]: [Server | undefined, Browser | undefined] = [undefined, undefined];
  beforeAll(async () => {
    [server, browser] = await Promise.all([Server.start(), launch()]);
  });
  afterEach(async () => {
    for (const { page, complaints, mayComplain } of visits.splice(0)) {
      await page.context().close();
      if (!mayComplain) expect(complaints).toEqual([]);
    }
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });
  return {
    get server() {
      return present(server);
    },
    get browser() {
      return present(browser);
    },
    async open(path, { from, mayComplain = false, ...options } = {}) {
      const url = `${from ?? present(server).url}${path}`;
      const opened = await visit(present(browser), url, options);
      visits.push({ ...opened, mayComplain });
      await joined(opened.page);
      return opened.page;
    },
  };
}

function present<T>(started: T | undefined): T {
  if (started === undefined) throw new Error("it has not started");
  return started;
}
