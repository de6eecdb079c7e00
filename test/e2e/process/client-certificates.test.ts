// SPDX-License-Identifier: Apache-2.0
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { Agent, request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { waitFor } from "../../lab/index.ts";
import { Authority, type Certified } from "../certificates.ts";
import { VtapProcess } from "../vtap-process.ts";

const SPIFFE = "URI:spiffe://example.org/probe";

let directory: string;
let authority: Authority;
let server: Certified;
let auth: string;
let ca: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "vtap-certificates-"));
  authority = new Authority(directory, "machines");
  server = authority.issue("localhost");
  [auth, ca] = [join(directory, "auth.json"), join(directory, "ca.pem")];
});
afterAll(() => rm(directory, { recursive: true, force: true }));

function list(...certificates: readonly (readonly [string, string])[]): void {
  const records = certificates.map(([subject, role]) => ({ subject, role, user: "machine" }));
  writeFileSync(auth, JSON.stringify({ certificates: records }));
}

async function start(): Promise<VtapProcess> {
  const data = await mkdtemp(join(directory, "data-"));
  const tls = ["--http-tls-cert", server.cert, "--http-tls-key", server.key];
  const more = ["--auth", auth, ...tls, "--http-client-ca", ca];
  const vtap = await VtapProcess.start({ data, more });
  onTestFinished(async () => void (await vtap.stop()));
  return vtap;
}

/** It resumes the TLS sessions of a client: such a connection sends no certificate. */
const agent = new Agent({ keepAlive: false });
let resumed = 0;

/** The status of a request with a client's certificate on a new connection. */
function status(
  { httpPort: port }: VtapProcess,
  client: Certified | undefined,
  { method = "GET", path = "/api/v1/policies", headers = {} } = {},
): Promise<number | undefined> {
  const certified = client && { key: readFileSync(client.key), cert: readFileSync(client.cert) };
  return new Promise((resolve, reject) => {
    const options = { host: "127.0.0.1", port, method, path, headers, agent };
    const sent = request({ ...options, ...certified, rejectUnauthorized: false }, (response) => {
      if ((response.socket as TLSSocket).isSessionReused()) resumed++;
      response.resume();
      resolve(response.statusCode);
    });
    sent.on("error", reject);
    sent.end();
  });
}

test("machines are identified by the certificates that the auth file lists", async () => {
  copyFileSync(authority.cert, ca);
  list([SPIFFE, "viewer"], ["CN:robot", "operator"]);
  const vtap = await start();
  const probe = authority.issue("probe", ["DNS:probe.example.org", SPIFFE]);
  const robot = authority.issue("robot");
  const suspend = { method: "POST", path: "/api/v1/taps:suspend" };
  expect([await status(vtap, probe), await status(vtap, probe, suspend)]).toEqual([200, 403]);
  expect([await status(vtap, robot), await status(vtap, robot, suspend)]).toEqual([200, 200]);
  // Not listed, of another authority under a listed name, and none.
  const others = new Authority(directory, "others");
  const refused = [authority.issue("guest"), others.issue("robot", [SPIFFE]), undefined];
  for (const client of refused) expect(await status(vtap, client)).toBe(401);
  const headers = { authorization: "Bearer vtap_wrong" };
  expect(await status(vtap, robot, { headers })).toBe(401);
  expect(await status(vtap, undefined, { path: "/healthz" })).toBe(200);

  list(["CN:robot", "viewer"]);
  await waitFor(async () => (await status(vtap, probe)) === 401, { everyMs: 200 });
  expect([await status(vtap, robot), await status(vtap, robot, suspend)]).toEqual([200, 403]);
});

test("SIGHUP replaces the authority of client certificates", async () => {
  copyFileSync(authority.cert, ca);
  list(["CN:robot", "viewer"]);
  const vtap = await start();
  const robot = authority.issue("robot");
  const next = new Authority(directory, "next");
  const nextRobot = next.issue("robot");
  expect([await status(vtap, robot), await status(vtap, nextRobot)]).toEqual([200, 401]);
  const before = resumed;
  expect([await status(vtap, robot), await status(vtap, nextRobot)]).toEqual([200, 401]);
  expect(resumed - before).toBe(2);
  copyFileSync(next.cert, ca);
  vtap.signal("SIGHUP");
  await waitFor(async () => (await status(vtap, nextRobot)) === 200);
  expect(await status(vtap, robot)).toBe(401);
  writeFileSync(ca, "not PEM\n");
  vtap.signal("SIGHUP");
  await vtap.logged("certificates are not reloaded");
  expect(await status(vtap, nextRobot)).toBe(200);
});
