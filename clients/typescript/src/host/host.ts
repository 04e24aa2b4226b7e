import { PlatformWebSocket } from "#websocket";

/** What the library asks of the world around it; tests give it another one. */
export interface Host {
  /** Milliseconds on a clock that never steps back. */
  now(): number;
  /** From 0 up to 1. */
  random(): number;
  /** Calls once, later; what it returns takes the call back. */
  after(delayMs: number, call: () => void): () => void;
  openSocket(url: string, protocol: string): Socket;
  fetch(url: string, init: RequestInit): Promise<Response>;
  /** Takes an error of the game's own code that must not stop the library. */
  report(error: unknown): void;
  /** Calls whenever the machine has found a network again; what it returns ends that. */
  onOnline(call: () => void): () => void;
}

/** The part of a WebSocket that is used. */
export type Socket = Pick<
  WebSocket,
  "binaryType" | "bufferedAmount" | "onopen" | "onmessage" | "onclose" | "onerror" | "close"
> & { send(bytes: Uint8Array<ArrayBuffer>): void };

/** The browser or Node, with parts that the game may replace. */
export function platformHost(parts: {
  readonly WebSocket?: typeof WebSocket | undefined;
  readonly fetch?: typeof fetch | undefined;
}): Host {
  const SocketClass = parts.WebSocket ?? PlatformWebSocket;
  const request = parts.fetch ?? globalThis.fetch;
  return {
    now: () => performance.now(),
    random: () => Math.random(),
    after(delayMs, call) {
      const timer = setTimeout(call, delayMs);
      return () => clearTimeout(timer);
    },
    openSocket: (url, protocol) => new SocketClass(url, protocol),
    fetch: (url, init) => request(url, init),
    report: reportLater,
    onOnline(call) {
      globalThis.addEventListener?.("online", call);
      return () => globalThis.removeEventListener?.("online", call);
    },
  };
}

/** As an event listener's error: it is seen, and it stops nobody. */
function reportLater(error: unknown): void {
  if (typeof reportError === "function") reportError(error);
  else {
    queueMicrotask(() => {
      throw error;
    });
  }
}
