// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { resolveConfig, type ServeConfig } from "../../src/cli/index.ts";
import { Reload } from "../../src/server/reload.ts";
import {
  JsonDocument,
  type PortStatement,
  parseTopologyFile,
  type TopologyConfig,
} from "../../src/topology/index.ts";
import { temporaryDirectory } from "../store/temporary-directory.ts";

const DOCUMENT = {
  switches: [{ dpid: "0000000000000001", name: "s1" }],
  hosts: [{ name: "h1", mac: "fa:00:00:00:00:01", switch: "s1", port: 1 }],
};

interface Line {
  readonly level: string;
  readonly msg: string;
  readonly error?: string;
  readonly [field: string]: unknown;
}

/** Real files and a real reload; only the controller is replaced: it keeps what it gets. */
function files() {
  const directory = temporaryDirectory();
  const path = join(directory, "topology.json");
  writeFileSync(path, JSON.stringify(DOCUMENT));
  const lines: Line[] = [];
  const applied: TopologyConfig[] = [];
  const ports: (readonly PortStatement[])[] = [];
  const line = (level: string) => (fields: object | string, msg?: string) => {
    lines.push(
      typeof fields === "string"
        ? { level, msg: fields }
        : ({ level, msg, ...fields } as unknown as Line),
    );
  };
  const logger = { info: line("info"), warn: line("warn"), error: line("error") };
  const settings = (more: string[] = []) => {
    const argv = ["--topology", path, ...more];
    return resolveConfig({ argv, env: {}, readFile: () => "{}", parseJson: JsonDocument.parse });
  };
  const first = settings();
  const before = parseTopologyFile(JSON.stringify(DOCUMENT), path);
  if (!first.ok || !before.ok) throw new Error("the test's own settings are invalid");
  const config: ServeConfig = { ...first.config, fileLimitBytes: 4096 };
  let present: ReturnType<typeof settings> = { ok: true, config };
  const reload = new Reload(
    {
      config,
      resolveAgain: async () => present,
      controller: {
        reloadTls: () => undefined,
        reloadPorts: async (content) => {
          ports.push(content);
        },
        reloadTopology: async (topology) => {
          applied.push(topology);
          return { type: "changed" };
        },
      },
      http: { reloadTls: () => undefined },
      access: { reload: async () => undefined },
      logger: logger as unknown as ConstructorParameters<typeof Reload>[0]["logger"],
    },
    before.value,
  );
  const run = async () => {
    lines.length = 0;
    await reload.run();
    return lines;
  };
  const settle = (next: typeof present) => {
    present = next;
  };
  return { directory, path, applied, ports, run, settle, config };
}

const INVALID = "topology files are invalid: nothing is changed";

describe("a topology path that cannot be right changes nothing", () => {
  const cases: [string, (path: string) => void, RegExp][] = [
    ["is not there", (path) => rmSync(path), /there is no such file, check the path/],
    [
      "is an empty directory",
      (path) => {
        rmSync(path);
        mkdirSync(path);
      },
      /there is no \*\.json file in it, put one there/,
    ],
    [
      "is a FIFO",
      (path) => {
        rmSync(path);
        execFileSync("mkfifo", [path]);
      },
      /it is a FIFO, name a regular file/,
    ],
    [
      "is a FIFO in a directory",
      (path) => {
        renameSync(path, `${path}.old`);
        mkdirSync(path);
        execFileSync("mkfifo", [join(path, "a.json")]);
      },
      /a\.json: it is a FIFO, name a regular file/,
    ],
    [
      "leads to a device that never ends",
      (path) => {
        rmSync(path);
        symlinkSync("/dev/zero", path);
      },
      /it is a device, name a regular file/,
    ],
    [
      "is a circle of links",
      (path) => {
        rmSync(path);
        symlinkSync(path, path);
      },
      /symbolic links go round in a circle/,
    ],
    [
      "is larger than the limit",
      (path) => writeFileSync(path, JSON.stringify({ ...DOCUMENT, links: [] }).padEnd(5000)),
      /it is larger than 4096 bytes, raise fileLimitBytes or split it/,
    ],
    [
      "is written by half",
      (path) => writeFileSync(path, JSON.stringify(DOCUMENT).slice(0, 60)),
      /topology\.json:1:\d+ /,
    ],
    ["is empty", (path) => writeFileSync(path, ""), /the file is empty, write a JSON object/],
    ["is not UTF-8", (path) => writeFileSync(path, Buffer.from([0x7b, 0xff])), /save it as UTF-8/],
    [
      "names nothing any more",
      (path) => writeFileSync(path, "{}"),
      /contain no switches, and had 1, write "switches": \[\] in one of them/,
    ],
    [
      "names no hosts any more",
      (path) => writeFileSync(path, JSON.stringify({ switches: DOCUMENT.switches })),
      /contain no hosts, and had 1, write "hosts": \[\]/,
    ],
  ];
  test.each(cases)("it %s", async (_, change, error) => {
    const { path, applied, run } = files();
    change(path);
    const errors = (await run()).filter(({ level }) => level === "error");
    expect(errors[0]).toMatchObject({ msg: INVALID, error: expect.stringMatching(error) });
    expect(errors[0]).toHaveProperty("remedy");
    for (const each of errors) expect(each.error).toContain(path);
    expect(applied).toEqual([]);
  });

  // Root reads everything.
  test.skipIf(process.getuid?.() === 0)("it is unreadable", async () => {
    const { path, applied, run } = files();
    chmodSync(path, 0);
    const [error] = (await run()).filter(({ level }) => level === "error");
    expect(error?.error).toMatch(/permission denied, give this user the right to read it/);
    expect(applied).toEqual([]);
  });
});

test("lists that are written empty are taken over, with what goes", async () => {
  const { path, applied, run } = files();
  writeFileSync(path, JSON.stringify({ switches: [], hosts: [] }));
  expect((await run()).at(-1)).toEqual({
    level: "info",
    msg: "topology files are reloaded",
    removed: { switches: 1, hosts: 1, first: ["s1", "h1"] },
  });
  expect(applied).toHaveLength(1);
});

test("after a rejected reload the next one is compared with what is in effect", async () => {
  const { path, run } = files();
  writeFileSync(path, "{}");
  await run();
  const second = { ...DOCUMENT.hosts[0], name: "h2", mac: "fa:00:00:00:00:02" };
  writeFileSync(path, JSON.stringify({ ...DOCUMENT, hosts: [...DOCUMENT.hosts, second] }));
  expect((await run()).at(-1)).toMatchObject({ added: { hosts: 1, first: ["h2"] } });
});

test("changed settings are named, invalid ones reported; neither stops the reload of files", async () => {
  const { run, settle, config } = files();
  expect(await run()).toContainEqual({ level: "info", msg: "settings are unchanged" });
  settle({ ok: true, config: { ...config, logLevel: "warn", auditIntervalSeconds: 7 } });
  expect(await run()).toContainEqual({
    level: "warn",
    msg: "changed settings need a restart: they stay as they are",
    settings: ["logLevel", "auditIntervalSeconds"],
  });
  settle({ ok: false, errors: ["vtap.json:1:1 /: broken, mend it"] });
  const lines = await run();
  expect(lines).toContainEqual(
    expect.objectContaining({ level: "error", error: "vtap.json:1:1 /: broken, mend it" }),
  );
  expect(lines.at(-1)?.msg).toBe("topology files are reloaded");
});

describe("the ports file", () => {
  function withPorts(text: string) {
    const { directory, run, settle, config, ports } = files();
    const path = join(directory, "ports.json");
    writeFileSync(path, text);
    Object.assign(config, { portsFile: path });
    return { path, run, settle, config, ports };
  }

  test("is read again, and is in effect", async () => {
    const { run, path, ports } = withPorts('{ "ports": { "a": { "name": "web" } } }');
    expect((await run()).at(-1)).toMatchObject({ msg: "the ports file is reloaded", ports: 1 });
    writeFileSync(path, '{ "ports": {} }');
    await run();
    expect(ports).toEqual([[{ iface: "a", name: "web" }], []]);
  });

  test("with an error changes nothing", async () => {
    const { run, path, ports } = withPorts('{ "ports": {\n "a": {},\n "b": { "mac": 5 } } }');
    const invalid = (await run()).filter(({ level }) => level === "error");
    expect(invalid).toHaveLength(1);
    expect(invalid[0]?.msg).toBe("the ports file is invalid: nothing is changed");
    expect(invalid[0]?.error).toMatch(/^.*ports\.json:3:\d+ \/ports\/b\/mac: /);
    rmSync(path);
    const missing = (await run()).filter(({ level }) => level === "error");
    expect(missing[0]?.error).toContain("there is no such file");
    expect(ports).toEqual([]);
  });
});
