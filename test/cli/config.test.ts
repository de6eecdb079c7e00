// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "vitest";
import { type ConfigSources, resolveConfig, type ServeConfig } from "../../src/cli/index.ts";
import { JsonDocument } from "../../src/topology/index.ts";

const DEFAULTS: ServeConfig = {
  openflow: { host: "127.0.0.1", port: 6653 },
  ovsdbConnect: [],
  ovnSouthbound: [],
  http: { host: "127.0.0.1", port: 8080 },
  httpInsecureBehindProxy: false,
  httpHosts: [],
  page: true,
  disclose: true,
  sessionIdleMinutes: 30,
  sessionHours: 12,
  bodyLimitBytes: 1_048_576,
  bodyMemberLimit: 5000,
  bodyDepthLimit: 32,
  eventStreamLimit: 256,
  waitingRequestLimit: 1000,
  httpConnectionLimit: 4096,
  data: "./openvtap-data",
  topology: [],
  policies: [],
  fileLimitBytes: 67_108_864,
  logLevel: "info",
};

interface Given extends Partial<ConfigSources> {
  /** Text of files by path. */
  readonly files?: Readonly<Record<string, string>>;
}

function resolve({ files = {}, argv = [], env = {} }: Given) {
  const readFile = (path: string): string => {
    const text = files[path];
    if (text === undefined) throw Object.assign(new Error("gone"), { code: "ENOENT" });
    return text;
  };
  return resolveConfig({ argv, env, readFile, parseJson: JsonDocument.parse });
}

function config(given: Given): ServeConfig {
  const result = resolve(given);
  if (!result.ok) throw new Error(result.errors.join("\n"));
  return result.config;
}

function errors(given: Given): readonly string[] {
  const result = resolve(given);
  return result.ok ? [] : result.errors;
}

describe("sources of settings", () => {
  test("none: the defaults", () => {
    expect(config({})).toEqual(DEFAULTS);
  });

  test("flags", () => {
    const argv = ["--openflow", "0.0.0.0:6633", "--http", "[::1]:0", "--data", "/var/lib/x"];
    argv.push("--http-hosts", "vtap.example.org", "--http-hosts", "192.0.2.7");
    argv.push(
      "--topology",
      "a.json",
      "--topology",
      "b,c.json",
      "--policies",
      "p",
      "--log-level",
      "warn",
    );
    expect(config({ argv })).toEqual({
      ...DEFAULTS,
      openflow: { host: "0.0.0.0", port: 6633 },
      http: { host: "::1", port: 0 },
      httpHosts: ["vtap.example.org", "192.0.2.7"],
      data: "/var/lib/x",
      topology: ["a.json", "b,c.json"],
      policies: ["p"],
      fileLimitBytes: 67_108_864,
      logLevel: "warn",
    });
  });

  test("variables, with lists separated by commas", () => {
    const env = {
      VTAP_OPENFLOW: "of.example.org:6653",
      VTAP_HTTP: "[fd00::1]:80",
      VTAP_AUTH: "auth.json",
      VTAP_HTTP_INSECURE_BEHIND_PROXY: "true",
      VTAP_TOKEN: "for the client commands",
      VTAP_HTTP_HOSTS: "VTAP.example.org.,[fd00::2],fd00::3",
      VTAP_DATA: "d",
      VTAP_TOPOLOGY: "a.json,b.json",
      VTAP_POLICIES: "p",
      VTAP_LOG_LEVEL: "silent",
      VTAP_SERVER: "http://elsewhere",
      OTHER: "x",
    };
    expect(config({ env })).toEqual({
      ...DEFAULTS,
      openflow: { host: "of.example.org", port: 6653 },
      http: { host: "fd00::1", port: 80 },
      auth: "auth.json",
      httpInsecureBehindProxy: true,
      httpHosts: ["VTAP.example.org.", "[fd00::2]", "fd00::3"],
      data: "d",
      topology: ["a.json", "b.json"],
      policies: ["p"],
      fileLimitBytes: 67_108_864,
      logLevel: "silent",
    });
  });

  test("a config file, with paths relative to it", () => {
    const text = JSON.stringify({
      data: "data",
      topology: ["net.json", "/abs/net.json"],
      policies: "policies",
      echoIntervalSeconds: 2.5,
      echoTimeoutSeconds: 10,
      auditIntervalSeconds: 0,
      ruleLimit: 100,
      overlapLimit: 500,
      groupIdRange: "0x100-0x1ff",
      tapVlanRange: "3900-4000",
      discovery: false,
      probeIntervalSeconds: 2.5,
    });
    expect(
      config({ argv: ["--config", "/etc/vtap/c.json"], files: { "/etc/vtap/c.json": text } }),
    ).toEqual({
      ...DEFAULTS,
      data: "/etc/vtap/data",
      topology: ["/etc/vtap/net.json", "/abs/net.json"],
      policies: ["/etc/vtap/policies"],
      echoIntervalSeconds: 2.5,
      echoTimeoutSeconds: 10,
      auditIntervalSeconds: 0,
      ruleLimit: 100,
      overlapLimit: 500,
      groupIdRange: { first: 0x100, last: 0x1ff },
      tapVlanRange: { first: 3900, last: 4000 },
      discovery: false,
      probeIntervalSeconds: 2.5,
    });
  });

  test("a flag overrides its variable, which overrides the file, which overrides the default", () => {
    const files = {
      "c.json": '{"http": "127.0.0.1:1", "data": "f", "logLevel": "error", "topology": ["f"]}',
    };
    const env = {
      VTAP_CONFIG: "c.json",
      VTAP_HTTP: "127.0.0.2:1",
      VTAP_DATA: "e",
      VTAP_TOPOLOGY: "e,e2",
    };
    expect(config({ argv: ["--http", "127.0.0.3:1"], env, files })).toEqual({
      ...DEFAULTS,
      http: { host: "127.0.0.3", port: 1 },
      data: "e",
      logLevel: "error",
      topology: ["e", "e2"],
    });
  });

  test("the key of the JSON Schema is ignored", () => {
    const files = { "c.json": '{"$schema": "config.schema.json", "data": "d"}' };
    expect(config({ argv: ["--config", "c.json"], files })).toEqual({ ...DEFAULTS, data: "d" });
  });

  test("an empty variable counts as absent", () => {
    expect(config({ env: { VTAP_HTTP: "", VTAP_TOPOLOGY: "", VTAP_CONFIG: "" } })).toEqual(
      DEFAULTS,
    );
  });
});

describe("errors are reported, one line each", () => {
  test("flags", () => {
    expect(errors({ argv: ["--htpp", "x"] })).toEqual([
      "unknown option '--htpp' (Did you mean --http?)",
    ]);
    expect(errors({ argv: ["--http"] })).toEqual(["option '--http <HOST:PORT>' argument missing"]);
    expect(errors({ argv: ["extra"] })[0]).toContain("too many arguments");
  });

  test("variables", () => {
    expect(errors({ env: { VTAP_HTPP: "x", VTAP_NONSENSE: "" } })).toEqual([
      'unknown environment variable VTAP_HTPP, did you mean "VTAP_HTTP"?',
      expect.stringMatching(
        /^unknown environment variable VTAP_NONSENSE, unset it; known are VTAP_CONFIG, /,
      ),
    ]);
  });

  test("keys and values of the config file, with file, line and column", () => {
    const text =
      '{\n  "htpp": "x",\n  "echoTimeoutSeconds": "5",\n  "ruleLimit": 1.5,\n  "groupIdRange": "9-1"\n}';
    expect(errors({ argv: ["--config", "c.json"], files: { "c.json": text } })).toEqual([
      'c.json:2:3 /htpp: unknown key "htpp", did you mean "http"?',
      'c.json:3:25 /echoTimeoutSeconds: "5" is not a number from 0.1 to 3600, write one',
      "c.json:4:16 /ruleLimit: 1.5 is not a whole number from 1 to 1000000, write one",
      'c.json:5:19 /groupIdRange: "9-1" is not a range within 0 to 4294967040, write "FIRST-LAST", such as "0x76000000-0x76ffffff"',
    ]);
  });

  test.each([
    "vtap.example.org:8080",
    "https://vtap.example.org",
    "[vtap]",
    "192.0.2.",
    "a b",
    "*",
    "",
  ])("a host with more than a name: %j", (name) => {
    const file = { "c.json": JSON.stringify({ httpHosts: ["ok", name] }) };
    expect(errors({ argv: ["--config", "c.json"], files: file })).toEqual([
      expect.stringContaining("is not a host name or an address, write it without scheme and port"),
    ]);
  });

  test.each<[unknown, string]>([
    [["admin", "membr"], '"membr" is not a role, did you mean "member"?'],
    ["admin", '"admin" is not a role, write a list of viewer, member, operator, auditor, admin'],
  ])("roles whose policies may have no end: %j", (unlimitedLifeRoles, expected) => {
    const file = (value: unknown) => ({
      "c.json": JSON.stringify({ unlimitedLifeRoles: value }),
    });
    const argv = ["--config", "c.json"];
    expect(errors({ argv, files: file(unlimitedLifeRoles) })).toEqual([
      expect.stringContaining(expected),
    ]);
    const read = resolve({ argv, files: file(["admin", "operator"]) });
    expect(read).toMatchObject({ config: { unlimitedLifeRoles: ["admin", "operator"] } });
  });

  test("admission of switches", () => {
    const read = (settings: object) => ({
      argv: ["--config", "c.json"],
      files: { "c.json": JSON.stringify(settings) },
    });
    const allowed = ["0x1", "00:00:00:00:00:00:00:0A", "000000000000000b"];
    const some = {
      unknownSwitches: "refuse",
      allowedSwitches: allowed,
      defaultForwarding: { table: 4 },
    };
    expect(config(read(some))).toMatchObject({
      ...some,
      allowedSwitches: ["0000000000000001", "000000000000000a", "000000000000000b"],
    });
    expect(
      errors(
        read({ unknownSwitches: "acept", allowedSwitches: ["s1"], defaultForwarding: "learn" }),
      ),
    ).toEqual([
      expect.stringContaining(
        '"acept" is not a treatment of unknown switches, did you mean "accept"?',
      ),
      expect.stringContaining('"s1" is not a datapath id, write 16 hex digits'),
      expect.stringContaining('"learn" is not a forwarding profile, write "paths", "normal" or'),
    ]);
    expect(errors(read({ unknownSwitches: "accept", allowedSwitches: ["0x1"] }))).toEqual([
      expect.stringContaining("leave one out"),
    ]);
  });

  test.each([
    7,
    { drops: 1 },
    { drops: -1, windowSeconds: 5 },
    { drops: 1, windowSeconds: 5, x: 1 },
  ])("an invalid drop guard: %j", (dropGuard) => {
    const file = { "c.json": JSON.stringify({ dropGuard }) };
    expect(errors({ argv: ["--config", "c.json"], files: file })).toEqual([
      expect.stringContaining("is not a guard, write { "),
    ]);
  });

  test("OpenFlow listeners", () => {
    const files = (listeners: unknown, more: object = {}) => ({
      argv: ["--config", "etc/c.json"],
      files: { "etc/c.json": JSON.stringify({ openflowListeners: listeners, ...more }) },
    });
    const print = "AB:".repeat(31).concat("CD");
    const tls = { key: "k.pem", cert: "/c.pem", pins: { "0x1": print } };
    const found = config(files([{ listen: "[::]:6653", tls }, { listen: "0.0.0.0:6633" }]));
    expect(found.openflow).toBeUndefined();
    expect(found.openflowListeners).toEqual([
      {
        listen: { host: "::", port: 6653 },
        tls: {
          key: "etc/k.pem",
          cert: "/c.pem",
          requireClientCertificate: false,
          pins: new Map([["0000000000000001", [`${"ab".repeat(31)}cd`]]]),
        },
      },
      { listen: { host: "0.0.0.0", port: 6633 } },
    ]);
    expect(config(files([{ listen: "h:1" }], { openflow: "h:2" })).openflow).toBeDefined();
  });

  test.each<[unknown, string]>([
    [[], "this is not a list of listeners"],
    [[{ listen: "h" }], '"h" is not an address to listen on'],
    [[{ listen: "h:1", tsl: {} }], 'unknown key "tsl", did you mean "tls"?'],
    [[{ listen: "h:1", tls: { key: "k" } }], '/tls/cert: "cert" is not a path'],
    [[{ listen: "h:1", tls: { key: "k", cert: "c", requireClientCertificate: true } }], 'add "ca"'],
    [
      [{ listen: "h:1", tls: { key: "k", cert: "c", pins: { s1: "x" } } }],
      '"s1" is not a datapath',
    ],
    [
      [{ listen: "h:1", tls: { key: "k", cert: "c", pins: { "0x1": "x" } } }],
      '"x" is not a SHA-256',
    ],
    [[{ listen: "h:1" }, { listen: "h:1" }], "two OpenFlow listeners use h:1"],
    [[{ listen: "127.0.0.1:8080" }], "switches and the REST API cannot both use"],
  ])("an invalid OpenFlow listener: %j", (listeners, expected) => {
    const text = JSON.stringify({ openflowListeners: listeners });
    expect(errors({ argv: ["--config", "c.json"], files: { "c.json": text } })).toEqual([
      expect.stringContaining(expected),
    ]);
  });

  test("databases of switches", () => {
    const connectTls = { key: "k.pem", cert: "/c.pem", ca: "ca.pem" };
    const text = JSON.stringify({ ovsdb: "h:1", ovsdbConnect: ["unix:db.sock"], connectTls });
    const file = { argv: ["--config", "etc/c.json"], files: { "etc/c.json": text } };
    expect(config(file)).toMatchObject({
      ovsdb: { host: "h", port: 1 },
      ovsdbConnect: [{ transport: "unix", path: "etc/db.sock" }],
      connectTls: { key: "etc/k.pem", cert: "/c.pem", ca: "etc/ca.pem" },
    });
    const argv = ["--ovsdb-connect", "ssl:[::1]:2", "--ovsdb-connect", "tcp:h:1"];
    expect(config({ ...file, argv: [...file.argv, ...argv] }).ovsdbConnect).toEqual([
      { transport: "tls", host: "::1", port: 2 },
      { transport: "tcp", host: "h", port: 1 },
    ]);
  });

  test.each<[readonly string[], string]>([
    [["--ovsdb", "127.0.0.1:6653"], "OpenFlow and OVSDB cannot both use 127.0.0.1:6653"],
    [["--ovsdb", "127.0.0.1:8080"], "switches and the REST API cannot both use 127.0.0.1:8080"],
    [["--ovsdb-connect", "ssl:h:1"], 'over ssl:, add "connectTls"'],
    [["--ovsdb-connect", "h:1"], '"h:1" is not a database server'],
    [["--ovsdb-connect", "tcp:h:0"], '"tcp:h:0" is not a database server'],
  ])("%j is an error", (argv, expected) => {
    expect(errors({ argv })).toEqual([expect.stringContaining(expected)]);
  });

  test("invalid config files", () => {
    const argv = ["--config", "c.json"];
    expect(errors({ argv })).toEqual(["c.json: there is no such file, check the path"]);
    expect(errors({ argv, files: { "c.json": "[]" } })).toEqual([
      "c.json:1:1 /: this is not an object, write { … }",
    ]);
    expect(errors({ argv, files: { "c.json": "{" } })[0]).toMatch(/^c\.json:1:\d+ \/: /);
  });

  test.each([
    "8080",
    ":8080",
    "localhost",
    "localhost:",
    "localhost:65536",
    "::1:8080",
    "[::g]:80",
    "[127.0.0.1]:80",
    "256.1.1.1:80",
    "a b:80",
    "http://localhost:80",
    "",
  ])("the address %j", (address) => {
    expect(errors({ argv: ["--http", address] })).toEqual([
      expect.stringMatching(/^--http: ".*" is not an address to listen on, write HOST:PORT/),
    ]);
  });

  test("all errors at once, and two listeners on one address", () => {
    const argv = ["--log-level", "inf", "--http", "localhost:1"];
    expect(
      errors({ argv, env: { VTAP_OPENFLOW: "localhost:1", VTAP_X: "1", VTAP_TOPOLOGY: "a,,b" } }),
    ).toEqual([
      expect.stringContaining("VTAP_X"),
      'VTAP_TOPOLOGY: "" is not a path, write the paths of files or directories',
      '--log-level: "inf" is not a log level, did you mean "info"?',
      "switches and the REST API cannot both use localhost:1, give one another port",
    ]);
  });
});
