import { WebSocket as NodeWebSocket } from "ws";

/** Node has its own from version 22 on. */
export const PlatformWebSocket: typeof WebSocket =
  globalThis.WebSocket ?? (standardWebSocket() as unknown as typeof WebSocket);

/** One that hands out one message per task, as browsers do: `await` gets its turn in between. */
function standardWebSocket() {
  return class extends NodeWebSocket {
    constructor(url: string, protocols: string | string[]) {
      super(url, protocols, { allowSynchronousEvents: false, perMessageDeflate: false });
    }
  };
}
