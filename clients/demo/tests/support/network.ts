import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** What is between a page and the server: a TCP proxy that can be cut. */
export class Network {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #state: "whole" | "refusing" | "silent" = "whole";

  private constructor(readonly target: number) {
    this.#server = createServer((socket) => this.#accept(socket));
  }

  /** To a port of loopback. */
  static async to(port: number): Promise<Network> {
    const network = new Network(port);
    network.#server.listen(0, "127.0.0.1");
    await once(network.#server, "listening");
    return network;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Connections break, and new ones are refused. */
  cut(): void {
    this.#state = "refusing";
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Connections stay and carry nothing, as when a cable is pulled. */
  silence(): void {
    this.#state = "silent";
  }

  /** All is well again, for new connections; those that fell silent are lost. */
  mend(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#state = "whole";
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }

  #accept(client: Socket): void {
    this.#keep(client);
    if (this.#state === "refusing") client.destroy();
    if (this.#state !== "whole") return;
    const server = connect(this.target, "127.0.0.1");
    this.#keep(server);
    this.#carry(client, server);
    this.#carry(server, client);
  }

  #carry(from: Socket, to: Socket): void {
    from.on("data", (bytes) => {
      if (this.#state === "whole") to.write(bytes);
    });
    from.on("close", () => to.destroy());
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.setNoDelay(true);
    // A broken connection is what this is for.
    socket.on("error", () => undefined);
    socket.on("close", () => this.#sockets.delete(socket));
  }
}
