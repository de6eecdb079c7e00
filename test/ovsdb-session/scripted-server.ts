// SPDX-License-Identifier: Apache-2.0
import { connect, type Socket } from "node:net";
import type { Json } from "../../src/ovsdb/index.ts";
import { waitFor } from "../lab/index.ts";

interface Received {
  readonly id: Json;
  readonly method?: string;
  readonly params?: readonly Json[];
  readonly result?: Json;
  readonly error?: Json;
}

const ROOT = "6f2b1f5e-0000-4000-8000-0000000000aa";

/** The schema of a server with these tables; each has a column `name`. */
function schemaWith(tables: readonly string[]): Json {
  const columns = { name: { type: "string" } };
  const version = { ovs_version: { type: { key: "string", min: 0, max: 1 } } };
  return {
    name: "Open_vSwitch",
    tables: {
      Open_vSwitch: { columns: version },
      ...Object.fromEntries(tables.map((table) => [table, { columns }])),
    },
  };
}

interface ServerOptions {
  /** Methods that it does not know. */
  readonly refuses?: readonly string[];
  /** By default one with a few columns. */
  readonly schema?: Json;
}

/** A database server of the test: it connects, and sends what the test says. */
export class ScriptedServer {
  readonly #socket: Socket;
  readonly inbox: Received[] = [];
  #text = "";
  isClosed = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (chunk) => this.#receive(chunk.toString()));
    socket.on("close", () => {
      this.isClosed = true;
    });
    socket.on("error", () => undefined);
  }

  static async connect(port: number): Promise<ScriptedServer> {
    const socket = connect({ host: "127.0.0.1", port, noDelay: true });
    const server = new ScriptedServer(socket);
    await new Promise((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once("error", reject);
    });
    return server;
  }

  /** Connects, and answers until the copy of an empty database is complete. */
  static async up(port: number, options: ServerOptions = {}) {
    const server = await ScriptedServer.connect(port);
    await server.answer("get_schema", options.schema ?? schemaWith(["Bridge", "Port"]));
    await server.answer("transact", [{ rows: [{ _uuid: ["uuid", ROOT] }] }]);
    for (const method of options.refuses ?? []) {
      const { id } = await server.next(method);
      server.send({ id, result: null, error: { error: "unknown method" } });
    }
    return server;
  }

  /** Waits for a request that has not been taken yet. */
  async next(method: string): Promise<Received> {
    const at = await waitFor(
      () => {
        const index = this.inbox.findIndex((each) => each.method === method);
        return index < 0 ? false : { index };
      },
      { what: method },
    );
    const [found] = this.inbox.splice(at.index, 1);
    if (found === undefined) throw new Error(`no ${method}`);
    return found;
  }

  /** Answers echo requests that have come, and forgets everything else that has. */
  answerEchoes(): void {
    for (const { id, method, params = [] } of this.inbox.splice(0)) {
      if (method === "echo") this.send({ id, result: [...params], error: null });
    }
  }

  /** Waits for the reply to a request with this id. */
  async answered(id: Json): Promise<void> {
    const isThere = () => this.inbox.some((each) => each.id === id && each.method === undefined);
    await waitFor(isThere, { what: `the reply to ${JSON.stringify(id)}` });
  }

  async answer(method: string, result: Json): Promise<void> {
    const { id } = await this.next(method);
    this.send({ id, result, error: null });
  }

  send(message: Json): void {
    this.write(JSON.stringify(message));
  }

  /** Returns whether the other side takes more. */
  write(bytes: string | Uint8Array): boolean {
    return this.#socket.write(bytes);
  }

  /** Resolves when what was written has left. */
  drained(): Promise<void> {
    return new Promise((resolve) => {
      this.#socket.once("drain", resolve);
      this.#socket.once("close", () => resolve());
    });
  }

  /** Reads nothing from now on. */
  stopReading(): void {
    this.#socket.pause();
  }

  /** Ends its side when everything is sent. */
  finish(): void {
    this.#socket.end();
  }

  end(): void {
    this.#socket.destroy();
  }

  /** Messages of the controller are objects one behind the other, without strings that have braces. */
  #receive(text: string): void {
    this.#text += text;
    let depth = 0;
    let from = 0;
    for (let at = 0; at < this.#text.length; at++) {
      if (this.#text[at] === "{") depth++;
      else if (this.#text[at] === "}" && --depth === 0) {
        this.inbox.push(JSON.parse(this.#text.slice(from, at + 1)) as Received);
        from = at + 1;
      }
    }
    this.#text = this.#text.slice(from);
  }
}
