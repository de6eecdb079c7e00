// SPDX-License-Identifier: Apache-2.0
import { execFile } from "node:child_process";
import { copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { OvsLab, waitFor } from "../../lab/index.ts";
import { Authority, brokenChain, brokenPem, type Certified } from "../certificates.ts";
import { runVtap, VtapProcess } from "../vtap-process.ts";

let directory: string;
let authority: Authority;
let otherAuthority: Authority;
let server: Certified;
let ofSwitch: Certified;
let foreign: Certified;
let lab: OvsLab;
let vtap: VtapProcess;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "vtap-tls-"));
  authority = new Authority(directory, "authority");
  otherAuthority = new Authority(directory, "other");
  server = authority.issue("controller");
  ofSwitch = authority.issue("s1");
  foreign = otherAuthority.issue("foreign");
  lab = await OvsLab.start();
});
afterAll(async () => {
  await lab.stop();
  await rm(directory, { recursive: true, force: true });
});
afterEach(() => lab.vsctl("--if-exists", "del-br", "s1"));

/** Starts the controller with TLS listeners (and the plain one of every test); returns their ports. */
async function start(...tls: readonly object[]): Promise<number[]> {
  const data = await mkdtemp(join(directory, "data-"));
  const config = join(data, "config.json");
  const { key, cert } = server;
  const openflowListeners = tls.map((each) => {
    return { listen: "127.0.0.1:0", tls: { key, cert, ca: authority.cert, ...each } };
  });
  await writeFile(config, JSON.stringify({ openflowListeners }));
  vtap = await VtapProcess.start({ data: join(data, "store"), more: ["--config", config] });
  const listening = vtap.lines.filter(({ msg }) => msg === "OpenFlow listening");
  return listening.slice(1).map(({ port }) => Number(port));
}

interface Peer {
  readonly dpid: string;
  readonly target: string;
  readonly certified?: Certified;
  /** The authority that the switch trusts; by default the one that signed the controller's certificate. */
  readonly trusts?: string;
}

/** Creates a switch with a certificate and a trusted authority, and connects it to the controller. */
async function connectSwitch({ dpid, target, certified, trusts }: Peer): Promise<void> {
  const { key, cert } = certified ?? ofSwitch;
  await lab.vsctl("set-ssl", key, cert, trusts ?? authority.cert);
  await lab.addSwitch({ name: "s1", dpid, hosts: [{ name: "h1", port: 1 }], controller: target });
}

async function found(dpid: string) {
  const { items } = await vtap.get("/switches");
  return items.find((each: { dpid: string }) => each.dpid === dpid);
}

const connected = (dpid: string) =>
  waitFor(async () => (await found(dpid))?.connected, { what: dpid });

const loggedWith = (msg: string, reason: RegExp) =>
  waitFor(() => vtap.lines.some((each) => each.msg === msg && reason.test(String(each.reason))), {
    what: `${msg}: ${reason}`,
  });

const fingerprint = ({ fingerprint: text }: Certified) => text.replaceAll(":", "").toLowerCase();

describe("a switch over TLS", () => {
  const [s1, s2, s3, s4] = [1, 2, 3, 4].map((n) => `000000000000000${n}`) as [S, S, S, S];
  type S = string;
  let strict: string;
  let open: string;
  beforeAll(async () => {
    const pins = {
      [s1]: ofSwitch.fingerprint,
      "0x2": foreign.fingerprint,
      "0x3": [foreign.fingerprint],
    };
    const ports = await start({ requireClientCertificate: true }, { pins });
    [strict, open] = ports.map((port) => `ssl:127.0.0.1:${port}`) as [string, string];
  });
  afterAll(() => vtap.stop());

  test("is programmed if its certificate is signed and pinned; REST shows it", async () => {
    await connectSwitch({ dpid: s1, target: strict });
    await vtap.synced(s1);
    expect(await found(s1)).toMatchObject({ transport: "tls", certificate: fingerprint(ofSwitch) });
    expect((await lab.dumpFlows("s1")).length).toBeGreaterThan(0);
  });

  test("whose certificate another authority signed is rejected and counted", async () => {
    await connectSwitch({ dpid: s4, target: strict, certified: foreign });
    await loggedWith("TLS handshake failed", /no trusted authority has signed/);
    expect(await found(s4)).toBeUndefined();
    expect(await vtap.text("/metrics")).toMatch(/openflow_refused_total [1-9]/);
  });

  test("that does not trust the controller's certificate is reported", async () => {
    await connectSwitch({ dpid: s4, target: open, trusts: otherAuthority.cert });
    await loggedWith(
      "TLS handshake failed",
      /does not trust the authority that signed the controller's certificate/,
    );
    expect(await found(s4)).toBeUndefined();
  });

  test("that claims the datapath id of a pinned switch is disconnected", async () => {
    await connectSwitch({ dpid: s2, target: strict });
    await loggedWith("switch rejected", /is not the one that is pinned/);
    expect(await found(s2)).toBeUndefined();
  });

  test("that is pinned is disconnected on a plain connection", async () => {
    await connectSwitch({ dpid: s3, target: vtap.target });
    await loggedWith("switch rejected", /connected without TLS/);
    expect(await found(s3)).toBeUndefined();
  });

  test("whose certificate no trusted authority signed is accepted by its pin where none is required", async () => {
    await connectSwitch({ dpid: s3, target: open, certified: foreign });
    await connected(s3);
  });

  test("without a certificate is rejected where one is required; so is a peer without TLS", async () => {
    const address = strict.slice("ssl:".length);
    const plain = connect(Number(address.split(":")[1]), "127.0.0.1");
    plain.once("error", () => undefined);
    plain.write("\x05\x00\x00\x08\x00\x00\x00\x01");
    await loggedWith("TLS handshake failed", /does not speak TLS/);
    execFile("openssl", ["s_client", "-connect", address, "-quiet"], () => undefined).stdin?.end();
    await loggedWith("TLS handshake failed", /presented no certificate/);
  });
});

test("SIGHUP reloads certificates; an invalid one changes nothing", async () => {
  const dpid = "0000000000000001";
  const key = join(directory, "rolling.key");
  const cert = join(directory, "rolling.pem");
  const use = async (from: Certified) => {
    await copyFile(from.key, key);
    await copyFile(from.cert, cert);
  };
  await use(foreign);
  const [port] = await start({ key, cert });
  await connectSwitch({ dpid, target: `ssl:127.0.0.1:${port}` });
  await loggedWith("TLS handshake failed", /does not trust/);
  await copyFile(server.cert, cert);
  vtap.signal("SIGHUP");
  await vtap.logged("certificates are not reloaded");
  await use({ ...server, cert: brokenChain(directory, server) });
  vtap.signal("SIGHUP");
  const refused = () => vtap.lines.filter(({ msg }) => msg === "certificates are not reloaded");
  await waitFor(() => refused().length === 2, { what: "a broken chain to be reported" });
  await use(server);
  vtap.signal("SIGHUP");
  await vtap.logged("certificates are reloaded");
  await connected(dpid);
  await vtap.stop();
});

test("invalid files prevent the start, each reported with its setting", async () => {
  const config = join(directory, "bad.json");
  const listener = (tls: object) => ({ listen: "127.0.0.1:0", tls });
  const listeners = [
    listener({ key: foreign.key, cert: server.cert }),
    listener({ key: join(directory, "none.key"), cert: brokenPem(directory), ca: server.cert }),
  ];
  await writeFile(config, JSON.stringify({ openflowListeners: listeners }));
  const ended = await runVtap(["serve", "--config", config, "--data", join(directory, "x")]);
  expect(ended.code).toBe(2);
  expect(ended.stderr.split("\n").map((line) => line.replaceAll(directory, ""))).toEqual([
    expect.stringMatching(/^openflowListeners\[0\]\.tls\.key: .*it does not match the certificate/),
    "openflowListeners[1].tls.key: /none.key: there is no such file, check the path",
    "openflowListeners[1].tls.cert: /broken.pem: it is not a PEM certificate, name one",
    "",
  ]);
});
