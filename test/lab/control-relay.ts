// SPDX-License-Identifier: Apache-2.0
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** Relays connections between switches and their controller, and can silence them. */
export class ControlRelay {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #isSilent = false;
  /** Connections that switches have made so far. */
  connections = 0;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** Starts a relay to a port of this machine. */
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

  /** The controller target for switches. */
  get target(): string {
    return `tcp:127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** From now on relays nothing in either direction, not even the end of a connection. */
  silence(): void {
    this.#isSilent = true;
  }

  /** Closes the silenced connections; later ones work. */
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
