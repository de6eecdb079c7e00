// SPDX-License-Identifier: Apache-2.0
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { Agent, type IncomingMessage, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { json, text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { waitFor } from "../../lab/index.ts";
import { VtapProcess } from "../vtap-process.ts";

let directory: string;
let topology: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "vtap-stop-requests-"));
  topology = join(directory, "topology.json");
  await writeFile(topology, JSON.stringify(NETWORK));
});
afterAll(async () => {
  await rm(directory, { recursive: true, force: true });
});

const HOSTS = 200;
const MONITOR = { mac: macOf(HOSTS - 1) };

function macOf(n: number): string {
  return `fa:00:00:00:00:${n.toString(16).padStart(2, "0")}`;
}

const NETWORK = {
  switches: [{ dpid: "0000000000000001", name: "s1" }],
  hosts: Array.from({ length: HOSTS }, (_, n) => ({
    ...{ mac: macOf(n), ips: [`10.0.0.${n}`], switch: "s1", port: n + 1 },
  })),
};

/** Policies for pairs: what a wide policy overlaps. */
function pairs(count: number) {
  return Array.from({ length: count }, (_, n) => ({
    id: `pair-${n}`,
    sender: { mac: macOf(n % 90) },
    receiver: { mac: macOf(90 + (Math.floor(n / 90) % 90)) },
    monitors: [MONITOR],
  }));
}

/** Copies of everything for a prefix that all hosts are in: its dry run takes longer than a stop may. */
const ALL = { ip: "10.0.0.0/16" };
const WIDE = { id: "wide", sender: ALL, receiver: ALL, monitors: [MONITOR] };

/** A policy that no other one overlaps. */
function small(id: string) {
  return { id, sender: { mac: macOf(1) }, receiver: { mac: macOf(2) }, monitors: [MONITOR] };
}

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingMessage["headers"];
  // biome-ignore lint/suspicious/noExplicitAny: tests read members of all answers.
  readonly body: any;
}

/** A client of its own connection, which is open before its requests are sent. */
class Client {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  readonly #port: number;

  private constructor(port: number) {
    this.#port = port;
  }

  static async open(vtap: VtapProcess): Promise<Client> {
    const client = new Client(vtap.httpPort);
    expect((await client.ask("GET", "/healthz")).status).toBe(200);
    return client;
  }

  async ask(method: string, path: string, body?: unknown): Promise<Answer> {
    const headers = body === undefined ? {} : { "content-type": "application/json" };
    const options = { host: "127.0.0.1", port: this.#port, method, path, headers };
    const sent = request({ ...options, agent: this.#agent });
    sent.end(body === undefined ? undefined : JSON.stringify(body));
    const [response] = (await once(sent, "response")) as [IncomingMessage];
    const isJson = response.headers["content-type"]?.includes("json");
    const read = isJson ? await json(response) : await text(response);
    return { status: response.statusCode, headers: response.headers, body: read };
  }
}

const clients = (vtap: VtapProcess, count: number) =>
  Promise.all(Array.from({ length: count }, () => Client.open(vtap)));

/** Asks for the status until the process stops; the last answer. */
async function askedUntilStop(client: Client): Promise<Answer> {
  for (;;) {
    const answer = await client.ask("GET", "/api/v1/status");
    if (answer.status !== 200) return answer;
  }
}

function expectRejected({ status, headers, body }: Answer): void {
  expect({ status, type: body.type }).toEqual({
    status: 503,
    type: "urn:openvtap:problem:stopping",
  });
  expect(body.detail).toContain("has changed nothing; send it again when vtap runs again");
  expect(headers["content-type"]).toBe("application/problem+json");
  expect(headers.connection).toBe("close");
}

async function gauge(vtap: VtapProcess, name: string): Promise<number> {
  return Number(new RegExp(`^${name} (\\d+)$`, "m").exec(await vtap.text("/metrics"))?.[1]);
}

test("SIGTERM: every open request is answered, with its outcome or 503, and what 503 says is so", async () => {
  const data = join(directory, "data");
  const policies = join(directory, "policies.json");
  await writeFile(policies, JSON.stringify({ policies: pairs(4000) }));
  const vtap = await VtapProcess.start({ data, topology: [topology], policies: [policies] });
  const [waiting, dry, queued, [asking]] = await Promise.all([
    clients(vtap, 20),
    clients(vtap, 4),
    clients(vtap, 100),
    clients(vtap, 1),
  ]);
  // No switch is connected: these are on disk, and wait for it.
  const waits = waiting.map((client, n) =>
    client.ask("PUT", `/api/v1/policies/waits-${n}?wait=60000`, small(`waits-${n}`)),
  );
  await waitFor(async () => (await gauge(vtap, "openvtap_waiting_requests")) === 20);
  const dryRuns = dry.map((client) => client.ask("POST", "/api/v1/policies:validate", WIDE));
  const writes = queued.map((client, n) =>
    client.ask("PUT", `/api/v1/policies/queued-${n}`, small(`queued-${n}`)),
  );
  // Turns are taken in the order of arrival: after this answer the others are under way.
  expect((await vtap.request("GET", "/status")).status).toBe(200);
  const last = asking && askedUntilStop(asking);
  expect(await vtap.stop("SIGTERM")).toBe(0);

  for (const { status, body, headers } of await Promise.all(waits)) {
    expect([status, body.status.state, headers.connection]).toEqual([201, "pending", "close"]);
  }
  // This can fail: where the dry runs end in time, nothing is queued behind them.
  for (const answer of await Promise.all(dryRuns)) expectRejected(answer);
  if (last) expectRejected(await last);
  const answers = await Promise.all(writes);
  for (const answer of answers) if (answer.status !== 201) expectRejected(answer);
  const written = answers.flatMap(({ status }, n) => (status === 201 ? [`queued-${n}`] : []));
  expect(written.length).toBeLessThan(answers.length);

  const again = await VtapProcess.start({ data, topology: [topology] });
  const { items } = await again.get("/policies?limit=1000");
  const stored = items.map(({ id }: { id: string }) => id).sort();
  expect(stored).toEqual([...written, ...waits.map((_, n) => `waits-${n}`)].sort());
  await again.stop();
});
