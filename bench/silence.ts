// SPDX-License-Identifier: Apache-2.0
import { setTimeout as pause } from "node:timers/promises";
import { EventStream, type ReceivedEvent } from "../test/e2e/event-stream.ts";
import { h1, h2, h3 } from "../test/e2e/hosts.ts";
import { Scenario } from "../test/e2e/scenario.ts";

/** A way to silence a tap by hand, and back. */
interface Way {
  readonly what: string;
  readonly silence: (scenario: Scenario) => Promise<unknown>;
  /** Absent: OpenVTAP repairs it. */
  readonly mend?: (scenario: Scenario) => Promise<unknown>;
}

/** Cookie and mask of the rules that make copies. */
const TAPS = "cookie=0x7654040000000000/0xffffff0000000000";
const ofctl =
  (...args: string[]) =>
  ({ lab }: Scenario) =>
    lab.ofctl(...args);

const WAYS: readonly Way[] = [
  {
    what: "an entry of higher priority at the tap point",
    silence: ofctl("add-flow", "s1", "cookie=0x99,priority=65000,ip,in_port=1,actions=NORMAL"),
    mend: ofctl("del-flows", "s1", "cookie=0x99/-1"),
  },
  {
    what: "an entry of higher priority at the monitor's switch",
    silence: ofctl("add-flow", "s2", "cookie=0x99,priority=65000,in_port=10,actions=drop"),
    mend: ofctl("del-flows", "s2", "cookie=0x99/-1"),
  },
  {
    what: "the tap rule forwards, and copies nothing",
    silence: ofctl("mod-flows", "s1", `${TAPS},actions=output:2`),
  },
  { what: "the group makes no copies", silence: withoutCopies },
  { what: "the tap rules are deleted", silence: ofctl("del-flows", "s1", TAPS) },
  { what: "all flow entries are deleted", silence: ofctl("del-flows", "s1") },
  { what: "all groups are deleted", silence: ofctl("del-groups", "s1") },
  {
    what: "the monitor's port is taken down",
    silence: ofctl("mod-port", "s2", "3", "down"),
    mend: ofctl("mod-port", "s2", "3", "up"),
  },
  {
    what: "the monitor's port is set not to forward",
    silence: ofctl("mod-port", "s2", "3", "no-forward"),
    mend: ofctl("mod-port", "s2", "3", "forward"),
  },
  {
    what: "the monitor's port is deleted",
    silence: ({ lab }) => lab.removePort("s2", "h3"),
    mend: ({ lab }) => lab.addHost("h3", "s2", 3),
  },
  {
    what: "the link to the monitor's switch is cut",
    silence: ({ lab }) => lab.cutLink("s1", 10),
    mend: ({ lab }) => lab.restoreLink("s1", 10),
  },
  {
    what: "the switch loses its controller",
    silence: ({ lab }) => lab.deleteController("s1"),
    mend: (scenario) => scenario.connect("s1"),
  },
];

async function withoutCopies({ lab }: Scenario): Promise<void> {
  for (const group of await lab.dumpGroups("s1")) {
    const id = /group_id=(\d+)/.exec(group)?.[1];
    await lab.ofctl("mod-group", "s1", `group_id=${id},type=all,bucket=output:2`);
  }
}

/** How often events and statuses are looked at, in milliseconds. */
const LOOK_EVERY_MS = 10;

/**
 * Each way to silence a tap, made by hand on running switches at a random moment: the time until an event says
 * so, which one, and what it says.
 *
 * Arguments: how many times each (2), the interval of audits in seconds (60, as unless set).
 */
export async function run(args: string[]): Promise<void> {
  const [times = 2, auditIntervalSeconds = 60] = args.map(Number);
  const scenario = await Scenario.start({
    switches: ["s1", "s2"],
    links: [["s1", 10, "s2", 10]],
    hosts: [
      [1, "s1", 1],
      [2, "s1", 2],
      [3, "s2", 3],
    ],
    policies: [
      {
        id: "tap",
        sender: { mac: h1.mac },
        receiver: { mac: h2.mac },
        monitors: [{ mac: h3.mac }],
      },
    ],
    config: { auditIntervalSeconds },
  });
  try {
    for (const way of WAYS) await measure(way, scenario, { times, auditIntervalSeconds });
  } finally {
    await scenario.stop();
  }
}

async function measure(
  { what, silence, mend }: Way,
  scenario: Scenario,
  { times, auditIntervalSeconds }: { times: number; auditIntervalSeconds: number },
): Promise<void> {
  const seconds: number[] = [];
  let said = "";
  for (let time = 0; time < times; time++) {
    await until(async () => (await statusOf(scenario)).state === "active");
    await pause(Math.random() * Math.min(auditIntervalSeconds, 10) * 1000);
    const events = await EventStream.open(scenario.vtap.httpPort);
    await silence(scenario);
    const began = performance.now();
    await until(async () => events.events.some(says));
    seconds.push((performance.now() - began) / 1000);
    said = textOf(events.events.find(says));
    events.close();
    await mend?.(scenario);
  }
  const shown = seconds.map((each) => each.toFixed(each < 1 ? 2 : 0)).join(", ");
  console.log(`${what}\n  after ${shown} s\n  ${said}`);
}

async function statusOf({ vtap }: Scenario) {
  return (await vtap.get("/policies/tap")).status;
}

/** Whether an event says that copies are missing. */
function says({ type, new: now }: ReceivedEvent): boolean {
  if (type === "switchRepaired") return true;
  return type === "policyStatus" && now.state !== "active";
}

function textOf(event: ReceivedEvent | undefined): string {
  if (event?.type !== "switchRepaired") return `${event?.new.state}: ${event?.new.reasons[0]}`;
  const { drift, policies } = event;
  return `switchRepaired: ${JSON.stringify(drift)}, policies ${policies}`;
}

/** Waits without a limit: what never comes is seen at once. */
async function until(isMet: () => Promise<boolean>): Promise<void> {
  while (!(await isMet())) await pause(LOOK_EVERY_MS);
}
