// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runVtap, VtapProcess } from "../vtap-process.ts";

describe.concurrent("bad input to vtap serve", () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "vtap-bad-"));
  });
  afterAll(async () => {
    await rm(directory, { recursive: true, force: true });
  });

  const file = async (name: string, text: string) => {
    const path = join(directory, name);
    await writeFile(path, text);
    return path;
  };
  const ports = ["--openflow", "127.0.0.1:0", "--http", "127.0.0.1:0"];
  const serve = (data: string, ...args: string[]) =>
    runVtap(["serve", ...ports, "--data", join(directory, data), ...args]);
  const pair = (more: object = {}) => ({
    id: "p",
    sender: { mac: "fa:00:00:00:00:01" },
    receiver: { mac: "fa:00:00:00:00:02" },
    monitors: [{ mac: "fa:00:00:00:00:03" }],
    ...more,
  });

  test("files: exit 2, one line per error with its place and remedy, nothing is stored", async () => {
    const policies = await file(
      "policies.json",
      JSON.stringify(
        { policies: [pair({ sendr: 1 }), pair({ filters: { tcp_dst: 80, ip_proto: "udp" } })] },
        null,
        1,
      ),
    );
    const topology = await file("topology.json", '{\n "switches": [ { "dpid": "1" } ]\n}');
    const { code, stderr } = await serve(
      "data-files",
      "--policies",
      policies,
      "--topology",
      topology,
    );
    expect(code).toBe(2);
    const lines = stderr.trim().split("\n");
    expect(lines.length).toBeGreaterThanOrEqual(3);
    for (const line of lines) expect(line).toMatch(/^\S+\.json:\d+:\d+ \/\S*: .+, .+/);
    expect(stderr).toMatch(/did you mean "sender"/);
    expect(stderr).toMatch(/tcp_dst.*ip_proto|ip_proto.*tcp_dst/);
    await expect(readdir(join(directory, "data-files"))).rejects.toThrow();
  });

  test("malformed JSON: the place of the error", async () => {
    const broken = await file("broken.json", '{ "policies": [\n  { "id": "a", }\n] }');
    const { code, stderr } = await serve("data-broken", "--policies", broken);
    expect(code).toBe(2);
    expect(stderr).toMatch(/broken\.json:2:\d+ /);
  });

  test("a FIFO, a device, an empty directory for a topology file: exit 2, none is waited for", async () => {
    const fifo = join(directory, "fifo.json");
    execFileSync("mkfifo", [fifo]);
    const empty = join(directory, "empty");
    await mkdir(empty);
    const cases = [
      ["--topology", fifo, "it is a FIFO, name a regular file"],
      ["--policies", fifo, "it is a FIFO, name a regular file"],
      ["--topology", "/dev/zero", "it is a device, name a regular file"],
      ["--topology", empty, "there is no *.json file in it, put one there, or leave this path out"],
      ["--config", fifo, "it is a FIFO, name a regular file"],
    ] as const;
    for (const [flag, path, why] of cases) {
      expect(await serve("data-fifo", flag, path)).toMatchObject({
        code: 2,
        stderr: `${path}: ${why}\n`,
      });
    }
  });

  test("what a file contains cannot end the line of its error", async () => {
    const key = "a\nb.json:1:1 /: forged\u001b[2J";
    const hostile = await file("hostile.json", JSON.stringify({ [key]: 1 }));
    const { code, stderr } = await serve("data-hostile", "--topology", hostile);
    expect(code).toBe(2);
    expect(stderr.split("\n")).toHaveLength(2);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: none of them may be there.
    expect(stderr.trimEnd()).not.toMatch(/[\u0000-\u001f]/);
  });

  test("a file that is not there, an unknown flag, an unknown variable: exit 2, one line", async () => {
    const missing = await serve("data-missing", "--policies", join(directory, "nowhere.json"));
    expect(missing.code).toBe(2);
    expect(missing.stderr.trim().split("\n")).toHaveLength(1);
    expect(missing.stderr).toContain("nowhere.json");
    const flag = await serve("data-flag", "--polices", "x");
    expect(flag.code).toBe(2);
    expect(flag.stderr).toMatch(/--policies/);
    const variable = await runVtap(["serve", ...ports], { VTAP_HTPP: "x" });
    expect(variable.code).toBe(2);
    expect(variable.stderr).toMatch(/VTAP_HTTP/);
  });

  test("a port in use: one clear line, exit 1", async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    const address = taken.address();
    const port = address !== null && typeof address === "object" ? address.port : 0;
    try {
      for (const flag of ["--http", "--openflow"]) {
        const { code, stderr } = await serve("data-port", flag, `127.0.0.1:${port}`);
        expect(code).toBe(1);
        expect(stderr.trim().split("\n")).toHaveLength(1);
        expect(stderr).toContain(String(port));
      }
    } finally {
      taken.close();
    }
  });

  test("a data directory that is in use, or is a file: one clear line, exit 1", async () => {
    const vtap = await VtapProcess.start({ data: join(directory, "data-used") });
    try {
      const { code, stderr } = await serve("data-used");
      expect(code).toBe(1);
      expect(stderr.trim().split("\n")).toHaveLength(1);
      expect(stderr).toMatch(/in use/);
    } finally {
      await vtap.stop();
    }
    await file("data-file", "not a directory");
    const { code, stderr } = await serve("data-file");
    expect(code).toBe(1);
    expect(stderr.trim().split("\n")).toHaveLength(1);
  });

  test("a corrupt data directory: one clear line, exit 1", async () => {
    const vtap = await VtapProcess.start({ data: join(directory, "data-corrupt") });
    await vtap.request("POST", "/policies", pair());
    await vtap.stop();
    const database = join(directory, "data-corrupt", "db");
    for (const name of await readdir(database)) {
      if (name.startsWith("MANIFEST") || name === "CURRENT") await rm(join(database, name));
    }
    await mkdir(join(database, "CURRENT"));
    await chmod(database, 0o700);
    const { code, stderr } = await serve("data-corrupt");
    expect(code).toBe(1);
    expect(stderr.trim().split("\n")).toHaveLength(1);
    expect(stderr).toMatch(/^\/.*\/CURRENT: it is not a file; restore .* from a backup/);
  });
});
