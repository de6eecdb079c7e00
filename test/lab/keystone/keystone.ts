// SPDX-License-Identifier: Apache-2.0
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { waitFor } from "../wait-for.ts";

const run = promisify(execFile);

/** Debian's: the modules of Keystone are there. */
const PYTHON = "/usr/bin/python3";
const SERVE = fileURLToPath(new URL("serve.py", import.meta.url));

/** What a user of the tests has: a role in a project. */
const USERS = [
  ["blue-member", "blue", "member"],
  ["blue-reader", "blue", "reader"],
  ["red-member", "red", "member"],
  ["vtap", "service", "admin"],
] as const;

/**
 * A real Keystone on loopback, with an SQLite database of its own. The password of a user is its name with `-pw`.
 */
export class Keystone {
  readonly directory = mkdtempSync(join(tmpdir(), "keystone-"));
  /** The ids of projects by name. */
  readonly projects: Record<string, string> = {};
  readonly #port: number;
  #server: ChildProcess | undefined;

  private constructor(port: number) {
    this.#port = port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}/v3`;
  }

  /** Sets one up and starts it. The caller calls `remove`. */
  static async open(): Promise<Keystone> {
    const keystone = new Keystone(await freePort());
    try {
      await keystone.#setUp();
      await keystone.start();
      await keystone.#addUsers();
      return keystone;
    } catch (error) {
      await keystone.remove();
      throw error;
    }
  }

  /** Starts it; `tokenSeconds`: the life of tokens that it issues. */
  async start({ tokenSeconds = 3600 }: { readonly tokenSeconds?: number } = {}): Promise<void> {
    this.#configure(tokenSeconds);
    const log = openSync(join(this.directory, "server.log"), "a");
    this.#server = spawn(PYTHON, [SERVE, this.#config, String(this.#port)], {
      stdio: ["ignore", log, log],
    });
    await waitFor(async () => (await fetch(this.url).catch(() => undefined))?.ok === true, {
      what: "Keystone",
      everyMs: 100,
    });
  }

  async stop(): Promise<void> {
    const server = this.#server;
    if (!server || server.exitCode !== null || server.signalCode !== null) return;
    const ended = once(server, "exit");
    server.kill("SIGKILL");
    await ended;
  }

  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** A new token of a user; `project` undefined: of no project. */
  async tokenOf(user: string, project?: string): Promise<string> {
    const domain = { id: "default" };
    const password = { user: { name: user, password: `${user}-pw`, domain } };
    const identity = { methods: ["password"], password };
    const scope = project === undefined ? "unscoped" : { project: { name: project, domain } };
    const { headers } = await this.#call("POST", "/auth/tokens", {
      body: { auth: { identity, scope } },
    });
    return headers.get("x-subject-token") ?? "";
  }

  async revoke(token: string): Promise<void> {
    await this.#call("DELETE", "/auth/tokens", { token, headers: { "x-subject-token": token } });
  }

  /** Replaces the keys of all tokens: those issued before are invalid. */
  replaceKeys(): void {
    this.#writeKeys("fernet");
  }

  get #config(): string {
    return join(this.directory, "keystone.conf");
  }

  /** Fernet keys, as `keystone-manage` makes them: that takes seconds. */
  #writeKeys(repository: "fernet" | "credential"): void {
    const folder = join(this.directory, repository);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    for (const name of ["0", "1"]) writeFileSync(join(folder, name), newKey(), { mode: 0o600 });
  }

  #configure(tokenSeconds: number): void {
    const { directory } = this;
    const lines = [
      "[DEFAULT]",
      `log_dir = ${directory}`,
      "use_stderr = false",
      "[database]",
      // Seconds for which a request waits for another one to write.
      `connection = sqlite:///${directory}/keystone.sqlite?timeout=60`,
      "[token]",
      "provider = fernet",
      `expiration = ${tokenSeconds}`,
      "[fernet_tokens]",
      `key_repository = ${directory}/fernet`,
      "[fernet_receipts]",
      `key_repository = ${directory}/fernet`,
      "[credential]",
      `key_repository = ${directory}/credential`,
    ];
    writeFileSync(this.#config, `${lines.join("\n")}\n`);
  }

  async #setUp(): Promise<void> {
    this.#configure(3600);
    const manage = (...args: string[]) =>
      run("keystone-manage", ["--config-file", this.#config, ...args]);
    this.#writeKeys("fernet");
    this.#writeKeys("credential");
    // Eventlet reports an error at the exit of this one; without the tables the next one fails.
    await manage("db_sync").catch(() => undefined);
    const urls = ["public", "internal", "admin"].flatMap((each) => [
      `--bootstrap-${each}-url`,
      this.url,
    ]);
    await manage("bootstrap", "--bootstrap-password", "admin-pw", ...urls);
  }

  async #addUsers(): Promise<void> {
    const token = await this.tokenOf("admin", "admin");
    const { body } = await this.#call("GET", "/roles", { token });
    const roles = new Map<string, string>(body.roles.map((role: Named) => [role.name, role.id]));
    for (const [user, project, role] of USERS) {
      this.projects[project] ??= await this.#add("project", project, token);
      const id = await this.#add("user", user, token, { password: `${user}-pw` });
      const where = `/projects/${this.projects[project]}/users/${id}/roles/${roles.get(role)}`;
      await this.#call("PUT", where, { token });
    }
  }

  async #add(kind: "project" | "user", name: string, token: string, more = {}): Promise<string> {
    const { body } = await this.#call("POST", `/${kind}s`, {
      token,
      body: { [kind]: { name, domain_id: "default", ...more } },
    });
    return body[kind].id;
  }

  async #call(
    method: string,
    path: string,
    { token, headers = {}, body }: Call,
    // biome-ignore lint/suspicious/noExplicitAny: the tests know its form
  ): Promise<{ headers: Headers; body: any }> {
    const response = await fetch(this.url + path, {
      method,
      headers: {
        "content-type": "application/json",
        ...(token === undefined ? {} : { "x-auth-token": token }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return { headers: response.headers, body: text === "" ? undefined : JSON.parse(text) };
  }
}

interface Named {
  readonly id: string;
  readonly name: string;
}

interface Call {
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

function newKey(): string {
  return randomBytes(32).toString("base64").replaceAll("+", "-").replaceAll("/", "_");
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
