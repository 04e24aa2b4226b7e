import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";

const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** A headless Chromium. */
export function launch(): Promise<Browser> {
  const executablePath = process.env.CHROMIUM;
  if (!executablePath) throw new Error("set CHROMIUM to the path of a Chromium");
  return chromium.launch({ executablePath, args: ARGUMENTS });
}

/** What a telephone is to a page. */
export const PHONE = {
  viewport: { width: 390, height: 844 },
  deviceScaleFactor: 2,
  hasTouch: true,
  isMobile: true,
} as const;

/** A page, and all that it complained of or asked of others. */
export interface Visit {
  readonly page: Page;
  readonly complaints: string[];
}

/** Opens a page in a profile of its own, as another visitor would. */
export async function visit(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<Visit> {
  const context = await browser.newContext({ viewport: { width: 1_000, height: 700 }, ...options });
  const page = await context.newPage();
  const complaints = listen(page, new URL(url).origin);
  await page.goto(url);
  return { page, complaints };
}

function listen(page: Page, origin: string): string[] {
  const complaints: string[] = [];
  page.on("pageerror", ({ message }) => complaints.push(`uncaught: ${message}`));
  page.on("console", (message) => {
    const isBad = message.type() === "error" || message.type() === "warning";
    if (isBad) complaints.push(`${message.type()}: ${message.text()}`);
  });
  page.on("request", (request) => {
    const { origin: asked } = new URL(request.url());
    if (asked !== origin) complaints.push(`foreign: ${request.url()}`);
  });
  return complaints;
}

/** Waits until the page's room has its own player, member or mover. */
export async function joined(page: Page): Promise<void> {
  await page.waitForFunction(() => globalThis.demo?.room?.isConnected === true);
}

/** What the pages say of themselves to the console. */
interface Demo {
  readonly room: import("@downbeat/client").Room | undefined;
  /** Of the arena: the last frame. */
  readonly now: number;
  readonly figures: readonly { session: string; isOwn: boolean; x: number; y: number }[];
  /** Of the world. */
  readonly seen: readonly { isOwn: boolean; x: number; y: number }[];
}

declare global {
  var demo: Demo | undefined;
}
