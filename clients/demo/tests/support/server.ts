import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

/** How long a server may take to start or to end, milliseconds. */
const PATIENCE_MS = 30_000;
/** What the binary says of where it listens. */
const SERVING = /serving address=127\.0\.0\.1:(\d+)/;

/** What a server is started with beyond what all are. */
export interface Settings {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** The server binary, as a process of its own, on a port of loopback. */
export class Server {
  private constructor(
    readonly port: number,
    readonly process: ChildProcess,
  ) {}

  /** @param port a free one if it is 0 */
  static async start(port = 0, { args = [], env = {} }: Settings = {}): Promise<Server> {
    const binary = process.env.DOWNBEAT;
    if (!binary) throw new Error("set DOWNBEAT to the path of the server binary");
    const options = ["--listen", `127.0.0.1:${port}`, "--shards", "1", ...args];
    const child = spawn(binary, options, {
      stdio: ["ignore", "ignore", "pipe"],
      env: { ...process.env, ...env },
    });
    return new Server(await portOf(child), child);
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** As an operator would: clients are told. */
  async stop(): Promise<void> {
    if (this.process.exitCode !== null) return;
    const exit = once(this.process, "exit");
    this.process.kill("SIGTERM");
    await exit;
  }
}

/** Its log goes on being read: a full pipe would stop the server. */
function portOf(child: ChildProcess): Promise<number> {
  let log = "";
  return new Promise((resolve, reject) => {
    const fail = () => reject(new Error(`the server did not start:\n${log}`));
    const timer = setTimeout(fail, PATIENCE_MS);
    child.once("exit", fail);
    child.stderr?.on("data", (bytes: Buffer) => {
      log += bytes.toString();
      const port = SERVING.exec(log)?.[1];
      if (!port) return;
      clearTimeout(timer);
      child.off("exit", fail);
      resolve(Number(port));
    });
  });
}
