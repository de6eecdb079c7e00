// SPDX-License-Identifier: Apache-2.0
import { connect, type Socket } from "node:net";

interface Reply {
  readonly id: number;
  readonly result: unknown;
  readonly error: unknown;
}

interface Waiting {
  readonly resolve: (text: string) => void;
  readonly reject: (error: Error) => void;
  readonly method: string;
}

/**
 * A daemon's control socket: the protocol of `ovs-appctl`, without a process for each command.
 * JSON-RPC objects follow each other on the stream without separators; replies come in order.
 */
export class UnixControl {
  readonly #socket: Socket;
  readonly #waiting: Waiting[] = [];
  #nextId = 0;
  #buffer = "";

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding("utf8");
    socket.on("data", (chunk: string) => this.#receive(chunk));
    socket.on("error", (error) => this.#fail(error));
    socket.on("close", () => this.#fail(new Error("the control socket was closed")));
  }

  static open(path: string): Promise<UnixControl> {
    return new Promise((resolve, reject) => {
      const socket = connect(path);
      socket.once("error", reject);
      socket.once("connect", () => {
        socket.off("error", reject);
        resolve(new UnixControl(socket));
      });
    });
  }

  /** Runs a command as `ovs-appctl METHOD PARAMS…` does; rejects with the daemon's error text. */
  call(method: string, ...params: readonly string[]): Promise<string> {
    return new Promise((resolve, reject) => {
      if (this.#socket.destroyed) {
        reject(new Error(`${method}: the control socket is closed`));
        return;
      }
      this.#waiting.push({ resolve, reject, method });
      this.#socket.write(JSON.stringify({ id: this.#nextId++, method, params }));
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #receive(chunk: string): void {
    this.#buffer += chunk;
    for (let end = this.#objectEnd(); end > 0; end = this.#objectEnd()) {
      const reply = JSON.parse(this.#buffer.slice(0, end)) as Reply;
      this.#buffer = this.#buffer.slice(end);
      const waiting = this.#waiting.shift();
      if (reply.error === null) waiting?.resolve(String(reply.result ?? ""));
      else waiting?.reject(new Error(`${waiting.method}: ${String(reply.error).trim()}`));
    }
  }

  /** The end of the buffer's first object; 0 if it is incomplete. */
  #objectEnd(): number {
    let depth = 0;
    let inString = false;
    for (let at = 0; at < this.#buffer.length; at++) {
      const char = this.#buffer[at];
      if (inString) {
        if (char === "\\") at++;
        else if (char === '"') inString = false;
      } else if (char === '"') inString = true;
      else if (char === "{") depth++;
      else if (char === "}" && --depth === 0) return at + 1;
    }
    return 0;
  }

  #fail(error: Error): void {
    for (const { reject, method } of this.#waiting.splice(0)) {
      reject(new Error(`${method}: ${error.message}`, { cause: error }));
    }
  }
}
