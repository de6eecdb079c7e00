// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from "node:fs";
import { mkdtemp, writeFile } from "node:fs/promises";
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { join } from "node:path";
import { BuiltVtap, freePort } from "../built-vtap.ts";

/** Requests that are open at a time. */
const CLIENTS = 8;

/** TLS of a client: the authority of the server, and its own certificate. */
interface ClientTls {
  readonly ca: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
}

/** How the clients of a server identify themselves. */
export interface Kind {
  readonly name: string;
  readonly flags: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly tls?: ClientTls;
}

/** A server whose clients all identify themselves alike, with the figures of the rounds so far. */
export class Subject {
  readonly name: string;
  /** Processor time per request in each round, in microseconds. */
  readonly gets: number[] = [];
  readonly posts: number[] = [];
  readonly #vtap: BuiltVtap;
  readonly #agent: HttpAgent | HttpsAgent;
  readonly #isTls: boolean;
  #headers: Readonly<Record<string, string>>;

  private constructor({ name, headers = {}, tls }: Kind, vtap: BuiltVtap) {
    this.name = name;
    this.#vtap = vtap;
    this.#headers = headers;
    this.#isTls = tls !== undefined;
    const options = { keepAlive: true, maxSockets: CLIENTS };
    this.#agent = tls ? new HttpsAgent({ ...options, ...tls }) : new HttpAgent(options);
  }

  static async start(directory: string, kind: Kind): Promise<Subject> {
    const own = await mkdtemp(join(directory, "server-"));
    await writeFile(join(own, "topology.json"), JSON.stringify({ switches: [] }));
    await writeFile(join(own, "policies.json"), JSON.stringify({ policies: [] }));
    return new Subject(kind, await BuiltVtap.start(own, await freePort(), kind.flags));
  }

  /** Begins a session, and uses it instead of the token. */
  async logIn(token: string): Promise<void> {
    const { response, text } = await this.#answer("POST", "/session", JSON.stringify({ token }));
    const [cookie = ""] = response.headers["set-cookie"]?.[0]?.split(";") ?? [];
    const { csrf } = JSON.parse(text) as { csrf: string };
    this.#headers = { cookie, "x-csrf-token": csrf };
  }

  /** Sends requests; returns the processor time of the server's main thread for each, in microseconds (Linux). */
  async measured(count: number, once: (n: number) => Promise<void>): Promise<number> {
    const before = this.#cpuUs();
    let next = 0;
    const client = async () => {
      while (next < count) await once(next++);
    };
    await Promise.all(Array.from({ length: CLIENTS }, client));
    return (this.#cpuUs() - before) / count;
  }

  async send(method: string, path: string, body = ""): Promise<void> {
    const { response } = await this.#answer(method, path, body);
    const { statusCode = 0 } = response;
    // The first GET finds no policy yet.
    if (statusCode >= 400 && statusCode !== 404) {
      throw new Error(`${this.name}: ${method} ${path}: ${statusCode}`);
    }
  }

  async stop(): Promise<void> {
    this.#agent.destroy();
    await this.#vtap.stop();
  }

  #answer(
    method: string,
    path: string,
    body: string,
  ): Promise<{ readonly response: IncomingMessage; readonly text: string }> {
    const type = body === "" ? {} : { "content-type": "application/json" };
    const headers = { ...this.#headers, ...type };
    return new Promise((resolve, reject) => {
      const request = this.#isTls ? httpsRequest : httpRequest;
      const url = `${this.#vtap.url}/api/v1${path}`;
      const sent = request(url, { method, agent: this.#agent, headers }, (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (part: string) => {
          text += part;
        });
        response.on("end", () => resolve({ response, text }));
      });
      sent.on("error", reject);
      sent.end(body);
    });
  }

  /** To the nanosecond, unlike /proc/PID/stat. */
  #cpuUs(): number {
    const [nanoseconds] = readFileSync(`/proc/${this.#vtap.pid}/schedstat`, "utf8").split(" ");
    return Number(nanoseconds) / 1000;
  }
}
