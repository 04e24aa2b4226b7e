import { type CloseReason, closeReason } from "../close.js";
import type { Host, Socket } from "../host/host.js";
import { SUBPROTOCOL } from "../wire/message.js";

/** Who hears what one connection brings. */
export interface ConnectionHandlers {
  message(bytes: Uint8Array): void;
  /** Called once, and nothing after it. */
  closed(reason: CloseReason): void;
}

/** One WebSocket, from its opening to its end. After {@link abandon} nobody hears of it. */
export class Connection {
  readonly #socket: Socket;
  #handlers: ConnectionHandlers | undefined;
  #isOpen = false;
  #hasOpened = false;

  /** @throws whatever the platform throws at a URL it does not take. */
  constructor(host: Host, url: string, handlers: ConnectionHandlers) {
    this.#handlers = handlers;
    const socket = host.openSocket(url, SUBPROTOCOL);
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      this.#isOpen = true;
      this.#hasOpened = true;
    };
    socket.onmessage = ({ data }) => this.#handlers?.message(bytesOf(data));
    socket.onclose = ({ code, reason }) => this.#end(closeReason(code, reason));
    // A close event follows, and says as much as a page may know.
    socket.onerror = () => {};
  }

  /** Whether a server has answered at this address. */
  get hasOpened(): boolean {
    return this.#hasOpened;
  }

  /** Bytes that the socket has taken and not yet sent. */
  get bufferedBytes(): number {
    return this.#socket.bufferedAmount;
  }

  send(bytes: Uint8Array<ArrayBuffer>): void {
    // A socket that is closing drops what it is given: the queue of inputs still has it.
    if (this.#isOpen) this.#socket.send(bytes);
  }

  /** Ends it for good, without hearing of it. */
  close(code: number, reason = ""): void {
    this.abandon();
    try {
      this.#socket.close(code, reason);
    } catch {
      // Closed already, or of a platform that does not let a client choose this code.
      this.#socket.close();
    }
  }

  /** Hears no more of it, and leaves it open. */
  abandon(): void {
    this.#handlers = undefined;
  }

  #end(reason: CloseReason): void {
    this.#isOpen = false;
    const handlers = this.#handlers;
    this.#handlers = undefined;
    handlers?.closed(reason);
  }
}

/** A text message has no place on this wire: as no bytes at all it is refused like other nonsense. */
function bytesOf(data: unknown): Uint8Array {
  return data instanceof ArrayBuffer ? new Uint8Array(data) : new Uint8Array();
}
