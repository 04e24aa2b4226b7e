// The real server, and a network in front of it that can be cut.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A server of its own for one test file. */
export interface Server {
  readonly url: string;
  /** Asks it to end, and waits until it has. */
  stop(): Promise<void>;
}

export async function startServer(): Promise<Server> {
  const path = process.env.DOWNBEAT;
  if (!path) {
    throw new Error(
      "DOWNBEAT must be the path of the server's binary: `cargo build --release`, then DOWNBEAT=…/target/release/downbeat",
    );
  }
  const child = spawn(path, ["--listen", "127.0.0.1:0", "--shards", "1"], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const end = () => child.kill("SIGTERM");
  process.once("exit", end);
  const address = await listeningAddress(child);
  return {
    url: `http://${address}`,
    async stop() {
      process.off("exit", end);
      if (child.exitCode !== null || child.signalCode !== null) return;
      end();
      await once(child, "exit");
    },
  };
}

/** The server says in its log where it listens. */
function listeningAddress(child: ChildProcess): Promise<string> {
  let log = "";
  return new Promise((resolve, reject) => {
    child.stderr?.on("data", (chunk) => {
      log += String(chunk);
      const found = /address=(\S+)/.exec(log);
      if (found?.[1]) resolve(found[1]);
    });
    child.once("error", reject);
    child.once("exit", () => reject(new Error(`the server has ended:\n${log}`)));
  });
}

/** A network between a client and a server. */
export class Network {
  readonly #server = createServer((near) => this.#join(near));
  readonly #sockets = new Set<Socket>();
  readonly #target: URL;
  #isCut = false;

  private constructor(target: string) {
    this.#target = new URL(target);
  }

  static async to(target: string): Promise<Network> {
    const network = new Network(target);
    network.#server.listen(0, "127.0.0.1");
    await once(network.#server, "listening");
    return network;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Ends all connections, and refuses new ones until {@link mend}. */
  cut(): void {
    this.#isCut = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  mend(): void {
    this.#isCut = false;
  }

  close(): void {
    this.cut();
    this.#server.close();
  }

  #join(near: Socket): void {
    if (this.#isCut) {
      near.destroy();
      return;
    }
    const far = connect(Number(this.#target.port), this.#target.hostname);
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  }
}

/** Longer than any busy machine needs, shorter than the test's own limit: the line is named. */
const PATIENCE_MS = 100_000;

/** Waits for what must happen. */
export async function until(happened: () => boolean): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  while (!happened()) {
    if (performance.now() > end) throw new Error(`did not happen: ${happened}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
