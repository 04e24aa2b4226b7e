import { Rate } from "./rate.ts";

/**
 * The page's way to the server: a WebSocket class that counts what it receives, and holds back
 * what goes either way for as long as the page wants, as a long line would.
 */
export class Link {
  /** Added to a round trip, milliseconds; half of it to each way. */
  latencyMs = 0;
  readonly received = new Rate();
  readonly WebSocket: typeof WebSocket;

  constructor() {
    const link = this;
    this.WebSocket = class extends SlowSocket {
      constructor(url: string | URL, protocols?: string | string[]) {
        super(link, url, protocols);
      }
    };
  }
}

class SlowSocket extends WebSocket {
  readonly #link: Link;
  readonly #out = new Queue();
  readonly #in = new Queue();

  constructor(link: Link, url: string | URL, protocols?: string | string[]) {
    super(url, protocols);
    this.#link = link;
    super.addEventListener("message", ({ data }) => {
      if (data instanceof ArrayBuffer) link.received.add(data.byteLength, performance.now());
    });
  }

  override send(data: Parameters<WebSocket["send"]>[0]): void {
    this.#out.after(this.#link.latencyMs / 2, () => super.send(data));
  }

  override set onmessage(listener: ((event: MessageEvent) => void) | null) {
    super.onmessage = (event) => this.#in.after(this.#link.latencyMs / 2, () => listener?.(event));
  }

  override set onclose(listener: ((event: CloseEvent) => void) | null) {
    super.onclose = (event) => this.#in.after(this.#link.latencyMs / 2, () => listener?.(event));
  }
}

/** Calls that wait, and keep their order whatever happens to the delay. */
class Queue {
  #last = 0;

  after(delayMs: number, call: () => void): void {
    const now = performance.now();
    const due = Math.max(now + delayMs, this.#last);
    this.#last = due;
    // At once if nothing is before it: a timer, however short, would be a delay of its own.
    if (due <= now) call();
    else setTimeout(call, due - now);
  }
}
