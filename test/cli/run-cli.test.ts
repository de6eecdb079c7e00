// SPDX-License-Identifier: Apache-2.0
import { once } from "node:events";
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { type CliDependencies, runCli, type ServeConfig } from "../../src/cli/index.ts";
import { parsePolicyFiles } from "../../src/policy/index.ts";
import { JsonDocument } from "../../src/topology/index.ts";
import { policy, startApi } from "../api/api-server.ts";
import { waitFor } from "../lab/wait-for.ts";
import { temporaryDirectory } from "../store/temporary-directory.ts";
import { UNSAFE } from "./hostile-text.ts";
import { NO_INSPECTION } from "./no-inspection.ts";

interface Run {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  readonly served: readonly ServeConfig[];
}

/** What interrupts the command that runs, if it can be. */
let interrupt: (() => void) | undefined;
/** Ends a stream of a test. */
const interruption = new AbortController();

/** Stands for the reader of capture files: a block ends with a semicolon. */
function blocksAtSemicolons() {
  let rest = "";
  return (part: Uint8Array) => {
    const texts = (rest + Buffer.from(part).toString()).split(";");
    rest = texts.pop() ?? "";
    return texts.map((text) => ({
      bytes: Buffer.from(`${text};`),
      frame: { at: "T", length: text.length, text },
    }));
  };
}

async function vtap(argv: readonly string[], env: CliDependencies["env"] = {}): Promise<Run> {
  let out = "";
  let err = "";
  const served: ServeConfig[] = [];
  const code = await runCli(argv, {
    version: "1.2.3",
    env,
    stdout: { write: (text) => (out += Buffer.from(text).toString()) },
    stderr: { write: (text) => (err += text) },
    serve: async (config) => {
      served.push(config);
      return 0;
    },
    checkFiles: (files) => {
      const parsed = parsePolicyFiles(files);
      return parsed.ok
        ? { errors: [], found: [`${parsed.value.policies.length} policies`] }
        : { errors: parsed.errors, found: [] };
    },
    parseJson: JsonDocument.parse,
    readCapture: blocksAtSemicolons,
    inspection: async () => NO_INSPECTION,
    onInterrupt: (callback) => {
      interrupt = callback;
      return () => {
        interrupt = undefined;
      };
    },
  });
  return { code, out, err, served };
}

/** A file of a temporary directory. */
function file(name: string, content: unknown): string {
  const path = join(temporaryDirectory(), name);
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content, null, 1));
  return path;
}

test("help and version", async () => {
  const help = await vtap(["--help"]);
  expect([help.code, help.err]).toEqual([0, ""]);
  for (const command of [
    "serve",
    "check",
    "policies",
    "apply",
    "delete",
    "switches",
    "hosts",
    "status",
  ]) {
    expect(help.out).toContain(command);
  }
  const serve = await vtap(["serve", "--help"]);
  expect(serve.out).toContain("--openflow <HOST:PORT>");
  expect(serve.out).toContain("VTAP_LOG_LEVEL");
  expect(await vtap(["--version"])).toMatchObject({ code: 0, out: "1.2.3\n" });
});

test("serve gets its settings, or reports their errors", async () => {
  const run = await vtap(["serve", "--http", "127.0.0.1:0"], { VTAP_DATA: "d" });
  expect(run).toMatchObject({ code: 0, err: "" });
  expect(run.served).toMatchObject([{ data: "d", http: { host: "127.0.0.1", port: 0 } }]);
  const wrong = await vtap(["serve", "--http", "x"], { VTAP_DATTA: "d" });
  expect([wrong.code, wrong.served]).toEqual([2, []]);
  expect(wrong.err.trimEnd().split("\n")).toHaveLength(2);
});

test("a usage error is one line and exit code 2", async () => {
  const cases: [string[], string][] = [
    [["serv"], "vtap: unknown command 'serv' (Did you mean serve?)\n"],
    [["serve", "--htpp", "x"], "vtap: unknown option '--htpp' (Did you mean --http?)\n"],
    [["policies", "--state", "x"], expect.stringContaining("Allowed choices are disabled")],
    [["delete"], "vtap: missing required argument 'ID'\n"],
  ];
  for (const [argv, err] of cases)
    expect(await vtap(argv)).toMatchObject({ code: 2, out: "", err });
  expect((await vtap([])).code).toBe(2);
});

test("check reports the errors of files, or their content", async () => {
  const good = file("good.json", { policies: [policy("a"), policy("b")] });
  expect(await vtap(["check", good])).toMatchObject({ code: 0, out: "ok: 2 policies\n", err: "" });
  const bad = file("bad.json", '{"policies": [\n{"sendr": 1}]}');
  const run = await vtap(["check", bad, good]);
  expect([run.code, run.out]).toEqual([2, ""]);
  expect(run.err).toContain(
    `${bad}:2:2 /policies/0/sendr: unknown key "sendr", did you mean "sender"?\n`,
  );
  const directory = temporaryDirectory();
  mkdirSync(join(directory, "sub.json"));
  writeFileSync(join(directory, "a.json"), '{"policies": []}');
  writeFileSync(join(directory, "notes.txt"), "no json");
  expect(await vtap(["check", directory])).toMatchObject({ code: 0, out: "ok: 0 policies\n" });
  const missing = await vtap(["check", join(directory, "none.json")]);
  expect(missing.err).toBe(
    `${join(directory, "none.json")}: there is no such file, check the path\n`,
  );
  const binary = file("binary.json", "");
  writeFileSync(binary, Buffer.from([0xff, 0xfe, 0x00]));
  expect((await vtap(["check", binary])).err).toContain("it is not UTF-8 text");
});

test("policies are applied, listed, shown and deleted", async () => {
  const api = await startApi();
  const env = { VTAP_SERVER: api.url };
  const path = file("p.json", { policies: [policy("web"), policy("voice", { enabled: false })] });
  const first = await vtap(["apply", path], env);
  expect([first.code, first.err]).toEqual([0, ""]);
  expect(first.out).toBe(
    "ID     RESULT   STATE\nweb    created  pending\nvoice  created  disabled\n",
  );
  const second = await vtap(["apply", "--json", path], env);
  expect(JSON.parse(second.out).items[0]).toEqual({
    id: "web",
    result: "unchanged",
    revision: 1,
    state: "pending",
    reasons: ["switch s1 has not confirmed it"],
  });

  const list = await vtap(["policies"], env);
  expect(list.out).toBe(
    "ID     STATE     HEALTH   ORIGIN  REASONS\n" +
      "voice  disabled  healthy  api\n" +
      "web    pending   healthy  api     switch s1 has not confirmed it\n",
  );
  expect((await vtap(["policies", "--state", "active"], env)).out).toBe("no policies\n");
  const shown = await vtap(["policies", "web", "--server", api.url]);
  expect(shown.out).toMatch(
    /^state {5}pending\n {10}switch s1 has not confirmed it\nhealth {4}healthy\norigin {4}api\n/,
  );
  const probed = await vtap(["probe", "web"], env);
  expect([probed.code, probed.out]).toEqual([
    0,
    "web: healthy\n" +
      "MONITOR  FROM  TO  MARKING  STATE    RTT     LOST\n" +
      "h3       s1    s2  tag      healthy  1.5 ms  0\n",
  ]);
  expect((await vtap(["probe", "none"], env)).code).toBe(1);
  const { status } = JSON.parse((await vtap(["policies", "web", "--json"], env)).out);
  expect(status.state).toBe("pending");

  const deleted = await vtap(["delete", "web", "none", "voice"], env);
  expect(deleted).toMatchObject({
    code: 1,
    out: "web deleted\nvoice deleted\n",
    err: 'there is no policy "none"\n',
  });
});

test("groups are applied with their files, listed, shown and deleted", async () => {
  const api = await startApi();
  const env = { VTAP_SERVER: api.url };
  const dmz = { id: "dmz", members: ["10.1.0.0/16", { host: "h1" }] };
  const path = file("g.json", { groups: [dmz], policies: [policy("web")] });
  expect((await vtap(["apply", path], env)).out).toBe(
    "ID    RESULT   STATE\n@dmz  created  -\nweb   created  pending\n",
  );
  expect((await vtap(["groups", "apply", path], env)).out).toBe("ID   RESULT\ndmz  unchanged\n");
  expect((await vtap(["groups"], env)).out).toBe(
    "ID   ORIGIN  COUNT  MEMBERS\ndmz  api     2      10.1.0.0/16 h1\n",
  );
  expect((await vtap(["groups", "show", "dmz"], env)).out).toMatch(/^origin {4}api\nrevision /);
  const shown = await vtap(["groups", "show", "dmz", "--json"], env);
  expect(JSON.parse(shown.out)).toMatchObject(dmz);
  const deleted = await vtap(["groups", "delete", "dmz", "none"], env);
  expect(deleted).toMatchObject({
    code: 1,
    out: "dmz deleted\n",
    err: 'there is no group "none"\n',
  });
  const wrong = file("w.json", { groups: [{ id: "x", members: ["@dmz"] }] });
  expect((await vtap(["groups", "apply", wrong], env)).err).toContain(
    "/groups/0/members/0: a group cannot contain another one",
  );
});

test("files are applied as one set: waited for, and pruned", async () => {
  const api = await startApi();
  const env = { VTAP_SERVER: api.url };
  const one = file("one.json", { policies: [policy("web"), policy("off", { enabled: false })] });
  const two = file("two.json", { policies: [policy("voice")] });
  api.controller.settle("web");
  api.controller.settle("off");
  const waited = await vtap(["apply", one, two, "--wait", "20"], env);
  expect(waited).toMatchObject({
    code: 3,
    out: "ID     RESULT   STATE\nweb    created  active\noff    created  disabled\nvoice  created  pending\n",
    err: "voice is pending: switch s1 has not confirmed it\n",
  });
  expect((await vtap(["apply", one, "--wait", "20"], env)).code).toBe(0);
  const others = await vtap(["apply", one, "--prune", "--set", "others"], env);
  expect(others.out).not.toContain("deleted");
  await vtap(["apply", one], env);
  const dryRun = await vtap(["apply", one, "--prune", "--dry-run"], env);
  expect(dryRun.out).toContain("keep web: would be active\n  tapped at s1 port 1\n");
  expect(dryRun.out).toMatch(
    /\ndelete voice\n\n0 to create, 0 to update, 2 to keep, 1 to delete, 0 other policies affected\n$/,
  );
  expect((await vtap(["apply", one, "--prune"], env)).out).toContain("voice  deleted    -\n");
  expect((await vtap(["apply", one, "--set", "No"], env)).err).toContain("name of a set");
});

test("a list of several pages is complete", async () => {
  const api = await startApi();
  for (let number = 0; number < 1005; number++) {
    api.controller.addFromFile(policy(`p${number}`), "f.json");
  }
  const list = await vtap(["policies", "--json"], { VTAP_SERVER: api.url });
  expect(JSON.parse(list.out).items).toHaveLength(1005);
});

test("a rejected policy is reported with file and line, and nothing is applied", async () => {
  const api = await startApi();
  const path = file(
    "p.json",
    `{"policies": [\n{"id": "bad",\n "sendr": 1},\n${JSON.stringify(policy("good"))}]}`,
  );
  const other = file("o.json", { policies: [policy("other")] });
  const dryRun = await vtap(["apply", "--dry-run", other, path, "--server", api.url]);
  const run = await vtap(["apply", other, path, "--server", api.url]);
  expect([run.code, dryRun.code]).toEqual([1, 1]);
  expect(run.err).toBe(`${dryRun.err}nothing was applied\n`);
  expect(run.err).toContain(
    `${path}:3:2 /policies/0/sendr: unknown key "sendr", did you mean "sender"?\n`,
  );
  expect(run.out).toBe("");
  expect((await vtap(["policies"], { VTAP_SERVER: api.url })).out).toBe("no policies\n");
  expect((await vtap(["apply", file("x.json", "[]"), "--server", api.url])).err).toContain(
    'this is not a policy file, write { "policies": [ … ] }',
  );
});

test("hosts", async () => {
  const api = await startApi();
  expect((await vtap(["hosts", "--server", api.url])).out).toBe(
    "MAC                NAME  SWITCH  PORT  ORIGIN  ROLE  VLANS  IPS       CONFLICTS\n" +
      "fa:00:00:00:00:01  h1    s1      1     file                 10.1.1.1\n",
  );
});

test("the taps of a project are suspended, and resumed", async () => {
  const api = await startApi();
  const env = { VTAP_SERVER: api.url, USER: "ops" };
  const since = "2026-01-01T00:00:00.000Z";
  const suspended = await vtap(["suspend", "--project", "red", "--reason", "abuse"], env);
  expect(suspended).toMatchObject({
    code: 0,
    out: `taps: running\n  project red: suspended since ${since} by ops: abuse\n`,
  });
  expect([...api.controller.suspended.keys()]).toEqual(["red"]);
  expect((await vtap(["resume", "--project", "red"], env)).out).toBe("taps: running\n");
  expect(api.controller.suspended.size).toBe(0);
});

test("the policies that copy frames of a host", async () => {
  const api = await startApi();
  const run = (mac: string) => vtap(["hosts", "observers", mac, "--server", api.url]);
  expect((await run("FA:00:00:00:00:01")).out).toBe("no policies\n");
  api.controller.observers = [
    { id: "all", monitors: ["h2", "h3"], requester: "root", reason: "ticket 7" },
    { id: "web", name: "Web", monitors: ["h4"], project: "red", expiresAt: "2030-01-01T00:00:00Z" },
  ];
  expect((await run("fa:00:00:00:00:01")).out).toBe(
    "POLICY  NAME  MONITORS  REQUESTER  PROJECT  EXPIRES               REASON\n" +
      "all           h2 h3     root                                      ticket 7\n" +
      "web     Web   h4                   red      2030-01-01T00:00:00Z\n",
  );
  expect(await run("fa:00:00:00:00:09")).toMatchObject({
    code: 1,
    err: expect.stringContaining('there is no host "fa:00:00:00:00:09"'),
  });
});

test("projects with what they use of their quotas", async () => {
  const api = await startApi();
  expect((await vtap(["projects", "--server", api.url])).out).toBe(
    "PROJECT  POLICIES  MONITORS  RULES    KBPS  HELD\n" +
      "red      1         1 of 5    7 of 10  ?     0\n",
  );
});

test("hosts of a file are applied; a rejection names the place in the file", async () => {
  const api = await startApi();
  const apply = (text: string, ...flags: string[]) =>
    vtap(["hosts", "apply", file("hosts.json", text), "--server", api.url, ...flags]);
  const host = (n: number) => `{ "mac": "fa:00:00:00:00:1${n}", "switch": "s1", "port": ${n} }`;
  expect(await apply(`{ "hosts": [${host(1)}, ${host(2)}] }`)).toMatchObject({
    code: 0,
    out: "2 created, 0 replaced, 0 unchanged, 0 deleted\n",
  });
  expect((await apply(`{ "hosts": [${host(2)}] }`, "--prune")).out).toBe(
    "0 created, 1 replaced, 0 unchanged, 1 deleted\n",
  );
  const bad = await apply(`{ "hosts": [\n${host(3)},\n{ "name": "x" }] }`);
  expect(bad.code).toBe(1);
  expect(bad.err).toMatch(/hosts\.json:3:\d+ \/hosts\/1.*"mac" is missing, add it/);
  const other = await apply(`{ "policies": [] }`);
  expect([other.code, other.err]).toEqual([2, expect.stringContaining("not a file of hosts")]);
});

test("taps are suspended with user and reason, and resumed", async () => {
  const api = await startApi();
  const env = { VTAP_SERVER: api.url, USER: "ops" };
  const suspended = await vtap(["suspend", "--reason", "core maintenance"], env);
  expect(suspended).toMatchObject({
    code: 0,
    out: "taps: suspended since 2026-01-01T00:00:00.000Z by ops: core maintenance\n",
  });
  expect(JSON.parse((await vtap(["suspend", "--json"], env)).out).reason).toBe("core maintenance");
  expect((await vtap(["resume"], env)).out).toBe("taps: running\n");
  expect(await vtap(["resume", "none"], env)).toMatchObject({
    code: 1,
    err: 'there is no policy "none"\n',
  });
  expect((await vtap(["suspend", "--wait", "soon"], env)).code).toBe(2);
  expect((await vtap(["suspend", "now"], env)).code).toBe(2);
});

test("switches and status", async () => {
  const api = await startApi();
  const env = { VTAP_SERVER: `${api.url}/` };
  expect((await vtap(["switches"], env)).out).toBe(
    "DPID              NAME  SESSION       FORWARDING  PORTS UP  ADDRESS\n" +
      "0000000000000001  s1    connected     paths       1/2       127.0.0.1:40000\n" +
      "0000000000000002  s2    disconnected  table 1     0/0\n",
  );
  expect((await vtap(["status"], env)).out).toContain("switches  1 connected, 2 configured\n");
  expect(JSON.parse((await vtap(["status", "--json"], env)).out).version).toBe("1.2.3");
});

test("resync", async () => {
  const api = await startApi();
  const env = { VTAP_SERVER: api.url };
  expect((await vtap(["resync"], env)).out).toBe(
    "DPID              NAME  STATE          MISSING  CHANGED  UNEXPECTED\n" +
      "0000000000000001  s1    repaired       1        0        2\n" +
      "0000000000000002  s2    not connected\n",
  );
  expect(JSON.parse((await vtap(["resync", "s1", "--json"], env)).out)).toMatchObject({
    state: "repaired",
    drift: { missing: 1, unexpected: 2 },
  });
  const lost = await vtap(["resync", "s2"], env);
  expect([lost.code, lost.err]).toEqual([1, expect.stringContaining("s2 is not connected")]);
  const none = await vtap(["resync", "s9"], env);
  expect([none.code, none.err]).toEqual([1, expect.stringContaining('no switch "s9"')]);
});

test("resync and switches report refused entries", async () => {
  const api = await startApi();
  const env = { VTAP_SERVER: api.url };
  const reason = "another application's flow entry is in its place";
  api.controller.refused = { count: 7, first: [{ entry: "table=0,dl_dst=2", reason }] };
  const lines = `s1: 7 entries refused or blocked\n  table=0,dl_dst=2: ${reason}\n  and 6 more\n`;
  const resynced = (await vtap(["resync"], env)).out;
  expect(resynced).toContain("s1    repaired, 7 entries refused or blocked  1 ");
  expect(resynced.endsWith(lines)).toBe(true);
  expect((await vtap(["switches"], env)).out.endsWith(lines)).toBe(true);
});

test("switches reports entries that take frames before rules for taps", async () => {
  const api = await startApi();
  const entry = { table: 0, priority: 65_000, cookie: "0x99", match: "", actions: "drop" };
  api.controller.overriding = { count: 2, first: [entry] };
  const { out } = await vtap(["switches"], { VTAP_SERVER: api.url });
  expect(out).toContain(
    "\ns1: 2 foreign entries take frames before rules for taps\n  cookie=0x99, table=0,priority=65000 actions=drop\n  and 1 more\n",
  );
});

test("a missing server, or one that is not vtap, is one line and exit code 1", async () => {
  const other = createServer((_request, response) => response.end("<html>"));
  other.listen(0, "127.0.0.1");
  await once(other, "listening");
  onTestFinished(() => {
    other.close();
  });
  const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
  const notVtap = await vtap(["status"], { VTAP_SERVER: url });
  expect(notVtap).toMatchObject({ code: 1, out: "" });
  expect(notVtap.err).toBe(
    `the server at ${url} is not vtap (status 200); name its address with --server\n`,
  );
  const missing = await vtap(["status", "--server", "http://127.0.0.1:1"]);
  expect(missing.code).toBe(1);
  expect(missing.err).toMatch(/^no vtap answers at http:\/\/127\.0\.0\.1:1 \(.+\); .*\n$/);
  expect((await vtap(["status", "--server", "nonsense"])).err).toContain(
    "is not the URL of a server",
  );
});

test("a reason from outside forges no line of any table; --json has it exactly", async () => {
  const { url } = await startApi();
  const env = { VTAP_SERVER: url, USER: "ops\u001b[31m" };
  const reason = "x\u001b[2J\u009b1m\ntaps: running\u202e\u2028  active";
  const suspended = await vtap(["suspend", "--reason", reason, "--wait", "0"], env);
  expect(suspended.code).toBe(0);
  expect(suspended.out.split("\n")).toHaveLength(2);
  expect(suspended.out.trimEnd()).not.toMatch(UNSAFE);
  expect(suspended.out).toContain("\\u001b[2J\\u009b1m\\ntaps: running\\u202e\\u2028  active");
  const json = (await vtap(["suspend", "--wait", "0", "--json"], env)).out;
  expect(JSON.parse(json)).toMatchObject({ reason, by: env.USER });
  expect(json).not.toContain("\u009b");
});

describe("vtap preview", () => {
  /** A server whose previews have these parts. */
  async function previewing(...parts: readonly string[]) {
    const api = await startApi();
    await api.call("PUT /policies/web", { body: policy("web") });
    const stream = (async function* () {
      for (const part of parts) yield Buffer.from(part);
    })();
    api.controller.preview = { type: "previewing", preview: { monitor: "h3", parts: stream } };
    return { api, env: { VTAP_SERVER: api.url } };
  }

  test("prints the frames of whole blocks, and asks for what the flags say", async () => {
    const { api, env } = await previewing("a;b", "c;rest");
    const shown = await vtap(["preview", "web", "--packets", "7", "--whole"], env);
    expect([shown.code, shown.out, shown.err]).toEqual([0, "T a\nT bc\n", ""]);
    const defaults = { seconds: 10, bytes: 256 };
    expect(api.controller.previews[0]?.request).toEqual({ packets: 7, whole: true, ...defaults });
  });

  test("prints JSON, a frame in a line", async () => {
    const { env } = await previewing("a;");
    const { out } = await vtap(["preview", "web", "--json"], env);
    expect(JSON.parse(out)).toEqual({ at: "T", length: 1, text: "a" });
  });

  test("writes whole blocks to a file that only its owner reads, or to standard output", async () => {
    const path = join(temporaryDirectory(), "web.pcapng");
    const first = await previewing("a;b", "c;rest");
    const written = await vtap(["preview", "web", "-w", path], first.env);
    expect([written.code, written.out]).toEqual([0, ""]);
    expect([readFileSync(path, "utf8"), statSync(path).mode & 0o777]).toEqual(["a;bc;", 0o600]);
    const second = await previewing("a;b");
    expect((await vtap(["preview", "web", "-w", "-"], second.env)).out).toBe("a;");
  });

  test("a problem is an error, and leaves the file as it is", async () => {
    const path = file("web.pcapng", "old");
    const { api, env } = await previewing();
    api.controller.preview = { type: "previewsOff" };
    const refused = await vtap(["preview", "web", "-w", path], env);
    expect([refused.code, refused.out]).toEqual([1, ""]);
    expect(refused.err).toContain("previews are off");
    expect(readFileSync(path, "utf8")).toBe("old");
    const elsewhere = await previewing("a;");
    const unwritable = await vtap(["preview", "web", "-w", join(path, "x")], elsewhere.env);
    expect([unwritable.code, unwritable.err]).toEqual([1, expect.stringContaining(path)]);
    expect((await vtap(["preview", "web", "--packets", "many"], env)).code).toBe(2);
  });

  test("an interruption ends it", async () => {
    const { api, env } = await previewing();
    const { signal } = interruption;
    const endless = (async function* () {
      yield Buffer.from("a;b");
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
    })();
    api.controller.preview = { type: "previewing", preview: { monitor: "h3", parts: endless } };
    const running = vtap(["preview", "web"], env);
    await waitFor(() => interrupt !== undefined && api.controller.previews.length > 0);
    interrupt?.();
    expect(await running).toMatchObject({ code: 0, err: "" });
    await waitFor(() => api.controller.previews[0]?.signal.aborted);
    interruption.abort();
  });
});
