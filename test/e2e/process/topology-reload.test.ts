// SPDX-License-Identifier: Apache-2.0
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { waitFor } from "../../lab/index.ts";
import { EventStream } from "../event-stream.ts";
import { arpRequest, tcp } from "../frames.ts";
import { NumberedStream } from "../hitless/numbered-stream.ts";
import { h1, h2, h3 } from "../hosts.ts";
import { Scenario } from "../scenario.ts";

const frame = tcp(h1, h2, { src: 1024, dst: 80 });

/** Two paths from s1 to s4: by s2 and by s3. h3 gets copies of what h1 sends to h2. */
let scenario: Scenario;
let events: EventStream;
let original: string;
beforeAll(async () => {
  scenario = await Scenario.start({
    switches: ["s1", "s2", "s3", "s4"],
    links: [
      ["s1", 12, "s2", 21],
      ["s2", 24, "s4", 42],
      ["s1", 13, "s3", 31],
      ["s3", 34, "s4", 43],
    ],
    hosts: [
      [1, "s1", 1],
      [2, "s4", 2],
      [3, "s4", 3],
      [4, "s1", 4],
    ],
    unnamed: ["h4"],
    policies: [
      {
        id: "tap",
        sender: { mac: h1.mac },
        receiver: { mac: h2.mac },
        monitors: [{ mac: h3.mac }],
      },
    ],
  });
  original = await readFile(file(), "utf8");
  // No file names h4: its port is probed first.
  const isKnown = async () => {
    const { ports } = await scenario.vtap.get("/switches/s1");
    return ports.every(({ role }: { role: string }) => role !== "probing");
  };
  await waitFor(isKnown, { what: "every port to be known" });
  await scenario.vtap.synced(...scenario.switchNames);
  events = await EventStream.open(scenario.vtap.httpPort);
});
afterEach(async () => {
  await reload(JSON.parse(original));
  await movedTo("s2");
  await scenario.vtap.synced(...scenario.switchNames);
});
afterAll(async () => {
  events.close();
  await scenario.stop();
});

const file = () => join(scenario.directory, "topology.json");

/** A topology file as tests change it. */
interface Document {
  switches: { dpid: string; name: string; forwarding?: unknown }[];
  links: {
    a: { switch: string; port: number };
    b: { switch: string; port: number };
    weight?: number;
  }[];
  hosts: { name: string; mac: string; ips: string[]; switch: string; port: number }[];
}

/** Log lines from a point on. */
function linesFrom(start: number, msg: string) {
  return scenario.vtap.lines.slice(start).filter((line) => line.msg === msg);
}

/** Sends SIGHUP and waits for a log message; returns the number of lines logged before. */
async function sighup(end: string): Promise<number> {
  const start = scenario.vtap.lines.length;
  scenario.vtap.signal("SIGHUP");
  await waitFor(() => linesFrom(start, end).length > 0, { what: end });
  return start;
}

async function reload(document: Document): Promise<void> {
  await writeFile(file(), JSON.stringify(document));
  const start = scenario.vtap.lines.length;
  scenario.vtap.signal("SIGHUP");
  const isOver = () =>
    scenario.vtap.lines.slice(start).some(({ msg }) => /^topology files/.test(msg));
  await waitFor(isOver, { what: "topology files to be reloaded" });
  await scenario.vtap.synced(...scenario.switchNames);
}

/** Waits until s2 has punted more probes from each of these ports than it takes to call them edges. */
async function probedAgain(...ports: number[]): Promise<void> {
  const counts = () =>
    Promise.all(
      ports.map(async (port) => {
        const rule = `cookie=0x0/0x0,in_port=${port},dl_dst=01:80:c2:00:00:0e,dl_type=0x88cc`;
        const flows = await scenario.lab.ofctl("dump-flows", "s2", rule);
        return Number(/n_packets=(\d+)/.exec(flows)?.[1]);
      }),
    );
  const before = await counts();
  const isOver = async () => (await counts()).every((now, at) => now >= (before[at] ?? 0) + 4);
  await waitFor(isOver, { what: "more probes" });
}

const changed = (change: (document: Document) => void): Document => {
  const document: Document = JSON.parse(original);
  change(document);
  return document;
};

/** The switches between s1 and s4 on the path of a frame from h1 to h2. */
async function path(): Promise<string[]> {
  const trace = await scenario.lab.trace("s1", 1, frame);
  return ["s2", "s3"].filter((name) => trace.includes(`bridge("${name}")`));
}

/** Waits for the path of a frame from h1 to h2: files count as reloaded before their rules are compiled. */
async function movedTo(name: string): Promise<void> {
  const isOver = async () => (await path()).join() === name;
  await waitFor(isOver, { what: `frames to pass ${name}` });
}

/** Waits until the switches hold what they held, for the same reason. */
async function restored(before: Awaited<ReturnType<Scenario["tables"]>>): Promise<void> {
  const isOver = async () => isDeepStrictEqual(await scenario.tables(), before);
  await waitFor(isOver, { what: "the tables to be as before" }).catch(() => undefined);
  expect(await scenario.tables()).toEqual(before);
}

const modsSent = () =>
  Promise.all(scenario.switchNames.map((name) => scenario.vtap.modsSent(name)));

test("another weight moves frames to another path: none lost, events carry old and new values", async () => {
  expect(await path()).toEqual(["s2"]);
  scenario.lab.clear();
  const ends = { from: scenario.host("h1"), to: scenario.host("h2") };
  const stream = new NumberedStream(scenario.lab, { ...ends, port: 7000 });
  await waitFor(() => stream.sent > 20);
  await reload(
    changed(({ links }) => {
      for (const link of links) if (link.a.switch === "s2") link.weight = 9;
    }),
  );
  await movedTo("s3");
  const sent = stream.sent;
  await waitFor(() => stream.sent > sent + 20);
  await stream.stop();
  await scenario.lab.settle();
  const report = stream.reportAt("h2");
  expect(report.sent).toBeGreaterThan(40);
  expect(report).toMatchObject({ lost: [], duplicated: [], reordered: [] });
  // And one copy of each.
  expect(stream.reportAt("h3")).toMatchObject({ lost: [], duplicated: [] });

  const link = await events.received("linkChanged");
  expect(link.old).toMatchObject({ a: { switch: "s2" }, b: { switch: "s4" }, weight: 1, up: true });
  expect(link.new).toEqual({ ...link.old, weight: 9 });
  const rerouted = await events.received("rerouted");
  expect(rerouted.links).toEqual([{ old: link.old, new: link.new }]);
  expect(rerouted.switches).toBeGreaterThan(1);
  const { hops } = await scenario.vtap.get("/paths?from=h1&to=h2");
  expect(hops.map(({ switch: name }: { switch: string }) => name)).toEqual(["s1", "s3", "s4"]);
});

test("an invalid file is reported line by line and changes nothing; nor does an equal one", async () => {
  const before = await scenario.tables();
  const mods = await modsSent();
  await writeFile(
    file(),
    '{"switches": [\n{"dpid": "0000000000000001", "nam": "s1"}],\n"links": 1}',
  );
  const start = await sighup("topology files are invalid: nothing is changed");
  const errors = () => linesFrom(start, "topology files are invalid: nothing is changed");
  await waitFor(() => errors().length === 2, { what: "two errors" });
  expect(errors().map(({ level, error }) => [level, error])).toEqual([
    ["error", `${file()}:2:30 /switches/0/nam: unknown key "nam", did you mean "name"?`],
    ["error", expect.stringMatching(/topology\.json:3:10 \/links: /)],
  ]);
  await writeFile(file(), original);
  await sighup("topology files are unchanged");
  expect(await scenario.tables()).toEqual(before);
  expect(await modsSent()).toEqual(mods);
});

test("a host's place and a switch's forwarding profile are changed and reverted", async () => {
  const before = await scenario.tables();
  await reload(
    changed(({ switches, hosts }) => {
      for (const each of switches) if (each.name === "s3") each.forwarding = "normal";
      for (const host of hosts)
        if (host.name === "h2") Object.assign(host, { switch: "s1", port: 5 });
    }),
  );
  const moved = await events.received("hostChanged", (event) => event.new?.name === "h2");
  expect(moved).toMatchObject({ old: { switch: "s4", port: 2 }, new: { switch: "s1", port: 5 } });
  const profile = await events.received("switchChanged");
  expect(profile).toMatchObject({
    switch: "s3",
    old: { forwarding: "paths", admission: "file" },
    new: { forwarding: "normal", admission: "file" },
  });
  const isNormal = async () => (await scenario.lab.dumpFlows("s3")).join().includes("NORMAL");
  await waitFor(isNormal, { what: "s3 to forward as a normal switch" });
  await reload(JSON.parse(original));
  await restored(before);
  await scenario.expectDelivery("h1", [frame], { h2: [frame], h3: [frame] });
});

test("a host that is no longer configured is learned at its place: no frame is lost", async () => {
  const ends = { from: scenario.host("h1"), to: scenario.host("h2") };
  scenario.lab.clear();
  const stream = new NumberedStream(scenario.lab, { ...ends, port: 7100 });
  await waitFor(() => stream.sent > 20);
  await reload(
    changed((document) => {
      document.hosts = document.hosts.filter(({ name }) => name !== "h1");
    }),
  );
  const learned = await events.received(
    "hostChanged",
    ({ new: now }) => now?.mac === h1.mac && now.origin === "learned",
  );
  expect(learned.new).toMatchObject({ switch: "s1", port: 1 });
  const sent = stream.sent;
  await waitFor(() => stream.sent > sent + 20);
  await reload(JSON.parse(original));
  await stream.stop();
  await scenario.lab.settle();
  expect(stream.reportAt("h2")).toMatchObject({ lost: [], duplicated: [], reordered: [] });
});

test("learned hosts and discovered links stay; a host of REST yields to a file and comes back", async () => {
  const h4 = scenario.host("h4");
  await scenario.lab.inject("h4", tcp(h4, h1, { src: 1, dst: 2 }));
  const hosts = async () => (await scenario.vtap.get("/hosts")).items;
  const find = async (name: string) =>
    (await hosts()).find((each: { mac: string; name?: string }) =>
      [each.mac, each.name].includes(name),
    );
  await waitFor(async () => (await find(h4.mac)) !== undefined, { what: "h4 to be learned" });
  const added = { mac: "fa:00:00:00:00:77", name: "h9", ips: [], switch: "s4", port: 7 };
  expect((await scenario.vtap.request("POST", "/hosts", added)).status).toBe(201);
  // No file has the link from s2 to s4 now: it is discovered, and used as before.
  const start = scenario.vtap.lines.length;
  await reload(
    changed((document) => {
      document.links = document.links.filter(({ a }) => a.switch !== "s2");
      document.hosts.push({ ...added, mac: "fa:00:00:00:00:78" });
    }),
  );
  expect(await find(h4.mac)).toMatchObject({ origin: "learned", switch: "s1", port: 4 });
  expect(await find("h9")).toMatchObject({ origin: "file", mac: "fa:00:00:00:00:78" });
  const message = "a stored host does not fit the topology files: ignored";
  expect(linesFrom(start, message)).toHaveLength(1);
  const { items } = await scenario.vtap.get("/links");
  expect(items.filter(({ origin }: { origin: string }) => origin === "discovered")).toMatchObject([
    { a: { switch: "s2", port: 24 }, b: { switch: "s4", port: 42 }, up: true },
  ]);
  await reload(JSON.parse(original));
  expect(await find("h9")).toMatchObject({ origin: "api", mac: "fa:00:00:00:00:77" });
  expect(await find(h4.mac)).toMatchObject({ origin: "learned" });
  await scenario.vtap.request("DELETE", "/hosts/fa:00:00:00:00:77");
});

test("a switch that no file names any longer is left alone; named again, it is programmed", async () => {
  const tables = await scenario.tables();
  const { connected } = await scenario.vtap.get("/switches/s2");
  expect(connected).toBe(true);
  await writeFile(
    file(),
    JSON.stringify(
      changed((document) => {
        document.switches = document.switches.filter(({ name }) => name !== "s2");
        document.links = document.links.filter(
          (each) => ![each.a, each.b].some((end) => end.switch === "s2"),
        );
      }),
    ),
  );
  await sighup("topology files are reloaded");
  const s2 = "0000000000000002";
  await movedTo("s3");
  // None of the others waits for it, although it keeps a rule for copies that would send to s4.
  await scenario.vtap.synced("s1", "s3", "s4");
  expect(await scenario.vtap.get(`/switches/${s2}`)).toMatchObject({
    ...{ admission: "quarantined", connected: true, name: s2 },
  });
  // It keeps its tables and still floods: the ports that lead to it must not form a loop.
  expect((await scenario.tables()).s2).toEqual(tables.s2);
  await probedAgain(21, 24);
  await scenario.expectDelivery("h1", [arpRequest(h1, h2)], {
    ...{ h2: [arpRequest(h1, h2)], h3: [arpRequest(h1, h2)], h4: [arpRequest(h1, h2)] },
  });
  const gone = await events.received("switchChanged", (event) => event.old?.name === "s2");
  expect(gone).toMatchObject({ dpid: s2, new: { name: s2, admission: "quarantined" } });
  await scenario.lab.ofctl("del-flows", "s2");
  await reload(JSON.parse(original));
  await movedTo("s2");
  await restored(tables);
  await scenario.vtap.allPoliciesActive();
});

test("rules that recover the copies of an abandoned switch stay until it disconnects", async () => {
  // The rule that catches probes of the ways of copies is not one of them: no policy uses the way then.
  const recovering = async () =>
    (await scenario.lab.dumpFlows("s4")).filter(
      (flow) => flow.includes("dl_src=0e:7a:") && !flow.includes("controller("),
    );
  const before = await recovering();
  expect(before).not.toEqual([]);
  await writeFile(
    file(),
    JSON.stringify(
      changed((document) => {
        document.switches = document.switches.filter(({ name }) => name !== "s1");
        document.links = document.links.filter(({ a }) => a.switch !== "s1");
        document.hosts = document.hosts.filter((host) => host.switch !== "s1");
      }),
    ),
  );
  await sighup("topology files are reloaded");
  const leadsToH1 = async () =>
    (await scenario.lab.dumpFlows("s4")).some((flow) =>
      flow.includes(`priority=10100,dl_dst=${h1.mac} `),
    );
  await waitFor(async () => !(await leadsToH1()), { what: "s4 to be updated" });
  // It still sends copies.
  expect(await recovering()).toEqual(before);
  await scenario.lab.deleteController("s1");
  const isOver = async () => (await recovering()).length === 0;
  await waitFor(isOver, { what: "the rules for its copies to go" });
  await scenario.lab.setController("s1", scenario.vtap.target);
  await scenario.vtap.logged("switch connected and quarantined: not programmed");
});
