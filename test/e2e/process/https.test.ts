// SPDX-License-Identifier: Apache-2.0
import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { waitFor } from "../../lab/index.ts";
import { Authority, brokenPem, type Certified } from "../certificates.ts";
import { runVtap, VtapProcess } from "../vtap-process.ts";

let directory: string;
let authority: Authority;
let server: Certified;
let key: string;
let cert: string;
let auth: string;
let token: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "vtap-https-"));
  authority = new Authority(directory, "authority");
  server = authority.issue("localhost");
  [key, cert, auth] = [join(directory, "key"), join(directory, "cert"), join(directory, "auth")];
  await use(server);
  const flags = ["--auth", auth, "--user", "alice", "--role", "viewer"];
  token = (await runVtap(["token", "create", ...flags])).stdout.trim();
});
afterAll(() => rm(directory, { recursive: true, force: true }));

async function use(certified: Certified): Promise<void> {
  await copyFile(certified.key, key);
  await copyFile(certified.cert, cert);
}

async function start(): Promise<VtapProcess> {
  const data = await mkdtemp(join(directory, "data-"));
  const tls = ["--http-tls-cert", cert, "--http-tls-key", key];
  // The last address counts: one on which other machines reach it.
  const more = ["--auth", auth, ...tls, "--http", "0.0.0.0:0"];
  const vtap = await VtapProcess.start({ data, more });
  onTestFinished(async () => void (await vtap.stop()));
  return vtap;
}

/** The fingerprint of the certificate that the server presents, and the version of TLS. */
function handshake(
  port: number,
  more: object = {},
): Promise<{ fingerprint: string; version: string }> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port, rejectUnauthorized: false, ...more }, () => {
      const fingerprint = socket.getPeerCertificate().fingerprint256;
      resolve({ fingerprint, version: socket.getProtocol() ?? "" });
      socket.destroy();
    });
    socket.on("error", reject);
  });
}

test("REST over TLS on an address of the network: commands trust an authority, not its absence", async () => {
  const vtap = await start();
  const { httpPort: port } = vtap;
  const list = (server: string, ...more: string[]) =>
    runVtap(["policies", "--server", server, ...more], { VTAP_TOKEN: token });
  const known = await list(`https://localhost:${port}`, "--ca", authority.cert);
  expect(known).toMatchObject({ code: 0, stdout: "no policies\n", stderr: "" });
  const unknown = await list(`https://localhost:${port}`);
  expect(unknown).toMatchObject({ code: 1, stdout: "" });
  expect(unknown.stderr).toMatch(
    /^the certificate of https:\S+ is not trusted \(\w+\); name the authority/,
  );
  const otherName = await list(`https://127.0.0.1:${port}`, "--ca", authority.cert);
  expect(otherName.stderr).toMatch(/is not trusted \(ERR_TLS_CERT_ALTNAME_INVALID\)/);
  const absent = await list(`https://localhost:${port}`, "--ca", join(directory, "absent"));
  expect([absent.code, absent.stderr]).toEqual([
    2,
    expect.stringMatching(/absent: there is no such/),
  ]);
  expect((await list(`http://localhost:${port}`)).code).toBe(1);
  await expect(plain(port)).rejects.toThrow();
  await expect(handshake(port, { maxVersion: "TLSv1.1" })).rejects.toThrow();
  expect((await handshake(port)).version).toBe("TLSv1.3");
});

test("SIGHUP replaces the certificate; one that is not valid changes nothing", async () => {
  onTestFinished(() => use(server));
  const vtap = await start();
  const next = authority.issue("next");
  await use(next);
  vtap.signal("SIGHUP");
  await vtap.logged("certificates are reloaded");
  const presents = async (certified: Certified) =>
    (await handshake(vtap.httpPort)).fingerprint === certified.fingerprint;
  await waitFor(() => presents(next));
  await copyFile(brokenPem(directory), cert);
  vtap.signal("SIGHUP");
  await vtap.logged("certificates are not reloaded");
  expect(await presents(next)).toBe(true);
});

test.each([
  [
    "no auth file",
    () => [],
    /^without auth every client of 0\.0\.0\.0:0 may do everything, name an auth file/,
  ],
  ["no TLS", () => ["--auth", auth], /^tokens would pass the network readable/],
  [
    "a certificate that is no PEM",
    () => ["--auth", auth, "--http-tls-cert", brokenPem(directory), "--http-tls-key", key],
    /^httpTlsCert: \S+broken\.pem: it is not a PEM certificate, name one\n$/,
  ],
  [
    "the key of another certificate",
    () => ["--auth", auth, "--http-tls-cert", authority.cert, "--http-tls-key", key],
    /^httpTlsKey: \S+: it does not match the certificate/,
  ],
] as const)(
  "a server with %s does not start on an address of the network",
  async (_, flags, expected) => {
    const data = await mkdtemp(join(directory, "data-"));
    const rest = ["--data", data, "--http", "0.0.0.0:0", "--openflow", "127.0.0.1:0"];
    const ended = await runVtap(["serve", ...rest, ...flags()]);
    expect([ended.code, ended.stderr]).toEqual([2, expect.stringMatching(expected)]);
  },
);

test("behind a proxy that ends TLS, REST is plain on an address of the network", async () => {
  const data = await mkdtemp(join(directory, "data-"));
  const more = ["--auth", auth, "--http", "0.0.0.0:0", "--http-insecure-behind-proxy"];
  const vtap = await VtapProcess.start({ data, more });
  onTestFinished(async () => void (await vtap.stop()));
  expect(await vtap.text("/healthz")).toBe('{"status":"ok"}');
  expect(await plain(vtap.httpPort)).toBe(401);
});

/** The status of a plain request. */
function plain(port: number): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: "127.0.0.1", port, path: "/api/v1/policies" }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    sent.on("error", reject);
    sent.end();
  });
}
