import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** Stands between switches and their controller, and can let their connections go silent. */
export class ControlRelay {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #isSilent = false;
  /** Connections that switches have made so far. */
  connections = 0;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** Relays to a port of this machine. */
  static async start(to: number): Promise<ControlRelay> {
    const server = createServer();
    const relay = new ControlRelay(server);
    server.on("connection", (socket) => {
      relay.connections++;
      relay.#join(socket, connect(to, "127.0.0.1"));
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return relay;
  }

  /** What a switch is told to connect to. */
  get target(): string {
    return `tcp:127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Nothing gets through any more, in either direction, and nobody is told: not even of an end. */
  silence(): void {
    this.#isSilent = true;
  }

  /** The connections that went silent end; those that follow work. */
  recover(): void {
    this.#isSilent = false;
    for (const socket of this.#sockets) socket.destroy();
  }

  stop(): void {
    this.#server.close();
    this.recover();
  }

  #join(a: Socket, b: Socket): void {
    for (const [from, to] of [
      [a, b],
      [b, a],
    ] as const) {
      this.#sockets.add(from);
      from.setNoDelay(true);
      from.on("data", (bytes) => {
        if (!this.#isSilent) to.write(bytes);
      });
      from.on("error", () => undefined);
      from.on("close", () => {
        this.#sockets.delete(from);
        if (!this.#isSilent) to.destroy();
      });
    }
  }
}
