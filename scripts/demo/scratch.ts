import { execFileSync } from "node:child_process";
import { Janitor } from "./janitor.ts";
import { NamespaceLab } from "./namespaces/namespace-lab.ts";
import { readExamples } from "./network.ts";
import { Referee } from "./referee.ts";
import { RootlessLab } from "./rootless/rootless-lab.ts";
import { Screen } from "./screen.ts";

const { network, policies } = readExamples("examples/topology.json", "examples/policies.json");
const signal = new AbortController().signal;
const rootless = process.argv[2] === "rootless";
const j = await Janitor.start({ exclusive: !rootless });
if (!j) throw new Error("locked");
console.time("lab");
const lab = rootless
  ? await RootlessLab.start(network, signal)
  : await NamespaceLab.start(network, j, signal);
console.timeEnd("lab");
const of = (s: string, ...f: string[]) => {
  for (const x of f)
    execFileSync("ovs-ofctl", ["-O", "OpenFlow14", "add-flow", s, x], {
      env: { ...process.env, OVS_RUNDIR: lab.directory },
    });
};
const m = (n: number) => `dl_dst=fa:00:00:00:00:0${n}`;
// tree: s1-s2, s1-s3
of(
  "s1",
  `${m(1)},actions=1`,
  `${m(4)},actions=2`,
  `${m(2)},actions=12`,
  `${m(3)},actions=13`,
  "priority=1,actions=1,2,12,13",
);
of(
  "s2",
  `${m(1)},actions=21`,
  `${m(4)},actions=21`,
  `${m(2)},actions=1`,
  `${m(3)},actions=23`,
  "priority=1,actions=1,21",
  "priority=2,in_port=23,actions=drop",
);
of(
  "s3",
  `${m(1)},actions=31`,
  `${m(4)},actions=31`,
  `${m(2)},actions=32`,
  `${m(3)},actions=1`,
  "priority=1,actions=1,31",
  "priority=2,in_port=32,actions=drop",
);
await lab.watch();
const r = new Referee(network, policies);
const screen = new Screen();
screen.headline(lab.description);
const t = setInterval(() => screen.progress(r.judge(lab.sent(), lab.got()), policies, 1), 1000);
await lab.sendTraffic();
clearInterval(t);
await new Promise((r) => setTimeout(r, 1000));
screen.verdict(r.judge(lab.sent(), lab.got()), policies);
screen.suggest(lab.suggestions);
await lab.stop();
await j.finish();
