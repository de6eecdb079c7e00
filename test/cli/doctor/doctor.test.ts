// SPDX-License-Identifier: Apache-2.0
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { type Inspection, runCli } from "../../../src/cli/index.ts";
import { JsonDocument } from "../../../src/topology/index.ts";
import { startApi } from "../../api/api-server.ts";
import { freePort } from "../../lab/free-port.ts";
import { temporaryDirectory } from "../../store/temporary-directory.ts";
import { NO_INSPECTION } from "../no-inspection.ts";

interface Machine {
  readonly env?: Record<string, string>;
  readonly isTTY?: boolean;
  readonly inspection?: Partial<Inspection>;
}

async function doctor(argv: readonly string[], { env = {}, isTTY, inspection }: Machine = {}) {
  let [out, err] = ["", ""];
  const code = await runCli(["doctor", ...argv], {
    version: "1.2.3",
    env,
    stdout: { write: (text) => (out += text), ...(isTTY === undefined ? {} : { isTTY }) },
    stderr: { write: (text) => (err += text) },
    serve: async () => 0,
    checkFiles: () => ({ errors: [], found: [] }),
    parseJson: JsonDocument.parse,
    readCapture: () => () => [],
    inspection: async () => ({ ...NO_INSPECTION, ...inspection }),
    onInterrupt: () => () => undefined,
  });
  return { code, out, err };
}

/** A config file: free ports, data in a directory of the test. */
async function config(settings: object = {}): Promise<string> {
  const directory = temporaryDirectory();
  const path = join(directory, "c.json");
  const ports = { openflow: "127.0.0.1:0", http: `127.0.0.1:${await freePort()}`, data: "data" };
  writeFileSync(path, JSON.stringify({ ...ports, ...settings }));
  return path;
}

const DATABASE: Partial<Inspection> = {
  readDatabase: async () => ({
    ok: true,
    bridges: ["br0", "br1"].map((bridge) => ({
      ...{ dpid: "0000000000000001", lastErrors: new Map() },
      settings: {
        ...{ bridge, version: "3.1.0", datapathType: "system", failMode: "secure", vlanLimit: 1 },
        controllers: [{ target: "tcp:192.0.2.7:6653", connected: bridge === "br0" }],
        ...{ protocols: ["OpenFlow14"], managers: [], mirrors: [], portErrors: [] },
      },
    })),
  }),
};

const HERE = ["--ovsdb", "unix:/db.sock"];

test("before the first start nothing is wrong: exit code 0", async () => {
  const { code, out, err } = await doctor(["--config", await config()]);
  expect([code, err]).toEqual([0, ""]);
  expect(out).toMatch(/^ok {3}this machine: Node\.js /);
  expect(out).toMatch(/\nok {3}this machine: data directory \S+data can be made\n/);
  expect(out).toMatch(/\nwarn controller \S+: no vtap answers .*\n.*\n0 fail, 1 warn, 4 ok\n$/);
});

test("a port in use, a data directory that is a file, and bad settings fail with what to do", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  onTestFinished(() => void other.close());
  await once(other, "listening");
  const { port } = other.address() as AddressInfo;
  const path = await config({ openflow: `127.0.0.1:${port}`, data: "c.json" });
  const { code, out } = await doctor(["--config", path]);
  expect(code).toBe(3);
  expect(out).toContain(
    `fail this machine: OpenFlow address 127.0.0.1:${port} is in use by another program\n       ss -ltnp 'sport = :${port}'\n`,
  );
  expect(out).toContain("c.json is not a directory\n       name another one with --data\n");

  const bad = await doctor(["--config", await config({ openflwo: "x" })]);
  expect(bad.code).toBe(3);
  expect(bad.out).toMatch(/fail this machine: .*openflwo.*\n {7}did you mean "openflow"\?\n/);

  const unread = async () => ["topology: t.json: there is no such file, check the path"];
  const files = await doctor(["--config", await config()], { inspection: { inputErrors: unread } });
  expect(files.code).toBe(3);
  expect(files.out).toContain("there is no such file\n       check the path\n");
});

test.runIf(process.getuid?.() !== 0)("a data directory that may not be written", async () => {
  const path = await config({ data: "locked/data" });
  mkdirSync(join(path, "..", "locked"), { mode: 0o500 });
  const { code, out } = await doctor(["--config", path]);
  expect([code, out]).toEqual([3, expect.stringContaining("may not write to")]);
});

test("a Node.js that is too old fails", async () => {
  const { code, out } = await doctor(["--config", await config()], {
    inspection: { firstNode: "99.1" },
  });
  expect(code).toBe(3);
  expect(out).toMatch(/^fail this machine: Node\.js \S+, 99\.1 or later is needed\n/);
});

test("a controller that is named is checked, and this machine is not", async () => {
  const { url } = await startApi();
  const { code, out } = await doctor(["--server", url]);
  expect(out).not.toContain("this machine:");
  expect(out).toContain(`controller ${url}: `);
  expect(out).toContain("its clock is that of this machine");
  expect(code).toBe(out.includes("\nfail ") ? 3 : 0);
});

test("a named controller that does not answer fails", async () => {
  const env = { VTAP_SERVER: "http://127.0.0.1:9" };
  const { code, out } = await doctor([], { env });
  expect(code).toBe(3);
  expect(out).toMatch(
    /^fail controller http:\/\/127\.0\.0\.1:9: no vtap answers .*\n {7}start one/,
  );
});

test("a database alone is checked, or one bridge of it", async () => {
  const all = await doctor(HERE, { inspection: DATABASE });
  expect(all.code).toBe(3);
  expect(all.out).toMatch(/^ok {3}database unix:\/db\.sock: answers, with 2 bridges\n/);
  expect(all.out).toContain("fail bridge br1: controller tcp:192.0.2.7:6653 is not connected");
  const one = await doctor([...HERE, "--bridge", "br0"], { inspection: DATABASE });
  expect([one.code, one.out.includes("br1")]).toEqual([0, false]);
  const none = await doctor([...HERE, "--bridge", "br7"], { inspection: DATABASE });
  expect(none.out).toContain("it has no bridge br7\n       --bridge with one of br0, br1\n");
  expect((await doctor(HERE)).out).toContain("cannot be read: there is no such socket");
});

test("with --json the checks are data", async () => {
  const { code, out } = await doctor([...HERE, "--json"]);
  expect([code, JSON.parse(out)]).toEqual([
    3,
    {
      checks: [
        {
          ...{ subject: "database unix:/db.sock", result: "fail" },
          ...{ detail: "cannot be read: there is no such socket", remedy: expect.any(String) },
        },
      ],
    },
  ]);
});

test("a terminal gets signs in colour; NO_COLOR keeps the signs", async () => {
  const isTTY = true;
  const coloured = await doctor([...HERE, "--bridge", "br0"], { isTTY, inspection: DATABASE });
  expect(coloured.out.startsWith("\u001b[32m✓\u001b[0m database ")).toBe(true);
  const plain = await doctor(HERE, { isTTY, env: { NO_COLOR: "1" }, inspection: DATABASE });
  expect(plain.out).toMatch(/^✓ database /);
  expect(plain.out).toContain("\n✗ bridge br1: ");
  expect(plain.out).not.toContain("\u001b");
});

test("wrong flags: exit code 2", async () => {
  expect(await doctor(["--ovsdb", "db.sock"])).toMatchObject({
    code: 2,
    err: expect.stringMatching(/^--ovsdb: .*unix:PATH/),
  });
  expect(await doctor(["--bridge", "br0"])).toMatchObject({ code: 2 });
  expect(await doctor(["--ovsdb", "ssl:192.0.2.1:6640"])).toMatchObject({
    code: 2,
    err: expect.stringContaining("connectTls"),
  });
});
