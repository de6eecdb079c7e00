// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { digestOf, tokenOf } from "../src/access/token.ts";
import { Authority } from "../test/e2e/certificates.ts";
import { IdentityServices } from "./auth/identity-services.ts";
import { type Kind, Subject } from "./auth/subject.ts";
import { median } from "./report.ts";

const [ROUNDS, GETS, POSTS, TOKENS] = [30, 1000, 100, 1000];

/** Kinds that are compared with the same without authentication. */
interface Comparison {
  readonly without: Kind;
  readonly kinds: readonly Kind[];
}

/**
 * What authentication costs: the processor time of `vtap serve` (its main thread, Linux) per `GET` and per `POST` of a
 * policy, with each kind of identity and without authentication. Each has a server of its own with an auth file of
 * 1,000 tokens; the servers take turns, so that all meet the same machine. Identities are those of earlier requests:
 * services have validated them.
 *
 * Arguments: rounds (30); names of kinds, all unless given.
 */
export async function run([rounds = String(ROUNDS), ...names]: string[]): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "openvtap-auth-"));
  const services = await IdentityServices.open();
  const subjects = new Map<Kind, Subject>();
  try {
    const token = tokenOf(randomBytes(32));
    const comparisons = (await comparisonsIn(directory, services, token)).flatMap(
      ({ without, kinds }) => {
        const chosen = kinds.filter(({ name }) => names.length === 0 || names.includes(name));
        return chosen.length === 0 ? [] : [{ without, kinds: chosen }];
      },
    );
    for (const kind of comparisons.flatMap(({ without, kinds }) => [without, ...kinds])) {
      const subject = await Subject.start(directory, kind);
      subjects.set(kind, subject);
      if (kind.name === "session") await subject.logIn(token);
    }
    await measure([...subjects.values()], Number(rounds));
    report(comparisons, subjects);
  } finally {
    for (const subject of subjects.values()) await subject.stop();
    services.close();
    await rm(directory, { recursive: true, force: true });
  }
}

async function comparisonsIn(
  directory: string,
  services: IdentityServices,
  token: string,
): Promise<readonly Comparison[]> {
  const auth = join(directory, "auth.json");
  const certificates = [{ subject: "CN:bench", user: "bench", role: "admin" }];
  const file = { tokens: tokens(token), ...services.config, certificates };
  await writeFile(auth, JSON.stringify(file));
  const authority = new Authority(directory, "authority");
  const server = authority.issue("localhost", ["DNS:localhost", "IP:127.0.0.1"]);
  const client = authority.issue("bench");
  const flags = ["--auth", auth];
  const tlsFlags = ["--http-tls-cert", server.cert, "--http-tls-key", server.key];
  const ca = readFileSync(authority.cert);
  const own = { cert: readFileSync(client.cert), key: readFileSync(client.key) };
  const { jwt, keystone } = services.tokens;
  const bearer = (value: string) => ({ authorization: `Bearer ${value}` });
  return [
    {
      without: { name: "none", flags: [] },
      kinds: [
        { name: "token", flags, headers: bearer(token) },
        { name: "session", flags },
        { name: "jwt", flags, headers: bearer(jwt) },
        { name: "keystone", flags, headers: { "x-auth-token": keystone } },
      ],
    },
    {
      without: { name: "none, TLS", flags: tlsFlags, tls: { ca } },
      kinds: [
        {
          name: "certificate",
          flags: [...flags, ...tlsFlags, "--http-client-ca", authority.cert],
          tls: { ca, ...own },
        },
      ],
    },
  ];
}

async function measure(subjects: readonly Subject[], rounds: number): Promise<void> {
  // The first round warms up.
  for (let round = 0; round <= rounds; round++) {
    // Each is first in turn, and the order is reversed in every second round.
    const first = round % subjects.length;
    const turned = [...subjects.slice(first), ...subjects.slice(0, first)];
    for (const subject of round % 2 === 0 ? turned : turned.reverse()) {
      const gets = await subject.measured(GETS, () => subject.send("GET", "/policies/p0"));
      const posts = await subject.measured(POSTS, (n) =>
        subject.send("POST", "/policies", policy(`p${round * POSTS + n}`)),
      );
      if (round === 0) continue;
      subject.gets.push(gets);
      subject.posts.push(posts);
    }
  }
}

/** Medians of all rounds, and of the ratios in each round. */
function report(comparisons: readonly Comparison[], subjects: ReadonlyMap<Kind, Subject>): void {
  console.log("microseconds of processor time per request, and its ratio to none");
  console.log(row("identity", "GET", "ratio", "POST", "ratio"));
  for (const { without, kinds } of comparisons) {
    const base = subjects.get(without);
    for (const kind of [without, ...kinds]) {
      const found = subjects.get(kind);
      if (!base || !found) continue;
      const cells = (["gets", "posts"] as const).flatMap((of) => [
        median(found[of]).toFixed(0),
        ratioOf(found[of], base[of]).toFixed(2),
      ]);
      console.log(row(found.name, ...cells));
    }
  }
}

/** The median of the ratios of rounds: both values of a round are of about the same time. */
function ratioOf(values: readonly number[], base: readonly number[]): number {
  return median(values.map((value, round) => value / (base[round] ?? Number.NaN)));
}

function row(name: string, ...cells: readonly string[]): string {
  return `${name.padEnd(12)}${cells.map((cell) => cell.padStart(8)).join("")}`;
}

function tokens(last: string) {
  return Array.from({ length: TOKENS }, (_, n) => {
    const token = n === TOKENS - 1 ? last : tokenOf(randomBytes(32));
    return { id: `t${n}`, user: "bench", role: "admin", sha256: digestOf(token).toString("hex") };
  });
}

function policy(id: string): string {
  const mac = (n: number) => ({ mac: `fa:00:00:00:00:0${n}` });
  return JSON.stringify({ id, sender: mac(1), receiver: mac(2), monitors: [mac(3)] });
}
