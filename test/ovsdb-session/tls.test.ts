// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { OvsdbPeers } from "../../src/ovsdb-session/index.ts";
import type { ListenTls } from "../../src/transport/listening-socket.ts";
import { Authority, type Certified } from "../e2e/certificates.ts";
import { DatabaseServer } from "../lab/database-server.ts";
import { freePort } from "../lab/free-port.ts";
import { waitFor } from "../lab/index.ts";
import { OvsdbLog, startPeers } from "./peers-under-test.ts";

let directory: string;
let authority: Authority;
let stranger: Authority;
/** Certificates of the controller and of the switch: good ones, of the stranger, and expired ones. */
let good: Record<"controller" | "s1", Certified>;
let strange: typeof good;
let expired: typeof good;

let server: DatabaseServer;
let peers: OvsdbPeers;
let log: OvsdbLog;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "vtap-ovsdb-tls-"));
  authority = new Authority(directory, "authority");
  stranger = new Authority(directory, "stranger");
  const both = (by: Authority, end: string, days: number) => ({
    controller: by.issue(`controller${end}`, [], days),
    s1: by.issue(`s1${end}`, [], days),
  });
  good = both(authority, "", 2);
  strange = both(stranger, "", 2);
  expired = both(authority, "-old", -1);
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

afterEach(async () => {
  await peers.close("the test is over");
  await server.stop();
});

/** What a controller presents, with the authority that it trusts. */
function tls({ key, cert }: Certified): ListenTls & { readonly ca: string } {
  const [keyText = "", certText = "", ca = ""] = [key, cert, authority.cert].map((path) =>
    readFileSync(path, "utf8"),
  );
  return { key: keyText, cert: certText, ca, requireClientCertificate: true };
}

/** What the switch presents; it trusts the authority. */
const present = ({ key, cert }: Certified) => server.vsctl("set-ssl", key, cert, authority.cert);

const logged = (reason: RegExp) =>
  waitFor(() => log.reasons.find((each) => reason.test(each)), { what: String(reason) });

const up = (count = 1) => waitFor(() => log.up.length >= count, { what: "a session" });

describe("a database that connects", () => {
  /** Starts the controller's listener and a server that connects to it. */
  async function connecting(controller: Certified, ofSwitch: Certified): Promise<void> {
    server = await DatabaseServer.start();
    log = new OvsdbLog();
    let port: number;
    ({ peers, port } = await startPeers(log, {
      addresses: [{ host: "127.0.0.1", port: 0, tls: tls(controller) }],
    }));
    await present(ofSwitch);
    await server.vsctl("set-manager", `ssl:127.0.0.1:${port}`);
  }

  test.each<[string, () => Certified, RegExp]>([
    [
      "expired",
      () => expired.s1,
      /^the switch's certificate has expired \(on .* 20\d\d GMT\); .*set-ssl/,
    ],
    ["of a stranger", () => strange.s1, /^no trusted authority has signed .*; .*"ca"/],
  ])(
    "one whose certificate is %s is rejected, and comes up when it is renewed",
    async (_, cert, why) => {
      await connecting(good.controller, cert());
      await logged(why);
      expect(log.up).toEqual([]);
      await present(good.s1);
      await up();
    },
  );

  test.each<[string, () => Certified, RegExp]>([
    ["expired", () => expired.controller, /the controller's certificate has expired; .*SIGHUP/],
    ["of a stranger", () => strange.controller, /does not trust the authority .*; .*set-ssl/],
  ])(
    "one that finds the controller's certificate %s comes up when that is read anew",
    async (_, cert, why) => {
      await connecting(cert(), good.s1);
      await logged(why);
      expect(log.up).toEqual([]);
      peers.reloadTls(0, tls(good.controller));
      await up();
    },
  );

  test("a session outlasts a certificate that is renewed while it runs", async () => {
    await connecting(good.controller, good.s1);
    await up();
    peers.reloadTls(0, tls(authority.issue("renewed")));
    await server.vsctl("add-br", "br0");
    await waitFor(() => log.lines.includes("changed"));
    expect(log.lines.filter((line) => line.startsWith("down"))).toEqual([]);
  });
});

describe("a database that is connected to", () => {
  async function connected(controller: Certified, ofSwitch: Certified): Promise<void> {
    server = await DatabaseServer.start();
    const port = await freePort();
    await present(ofSwitch);
    await server.vsctl("set-manager", `pssl:${port}:127.0.0.1`);
    log = new OvsdbLog();
    ({ peers } = await startPeers(log, {
      addresses: [],
      targets: [{ transport: "tls", host: "127.0.0.1", port }],
      connectTls: tls(controller),
    }));
  }

  test.each<[string, () => Certified, RegExp]>([
    ["expired", () => expired.s1, /^the switch's certificate has expired; .*set-ssl/],
    ["of a stranger", () => strange.s1, /^no trusted authority has signed .*; .*"ca"/],
  ])("one whose certificate is %s comes up when it is renewed", async (_, cert, why) => {
    await connected(good.controller, cert());
    await logged(why);
    expect(log.up).toEqual([]);
    await present(good.s1);
    await up();
  });

  test.each<[string, () => Certified, RegExp]>([
    ["expired", () => expired.controller, /the controller's certificate has expired; .*SIGHUP/],
    ["of a stranger", () => strange.controller, /does not trust the authority .*; .*set-ssl/],
  ])(
    "one that finds the controller's certificate %s comes up when that is read anew",
    async (_, cert, why) => {
      await connected(cert(), good.s1);
      await logged(why);
      expect(log.up).toEqual([]);
      peers.reloadConnectTls(tls(good.controller));
      await up();
    },
  );
});
