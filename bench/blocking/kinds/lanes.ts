// SPDX-License-Identifier: Apache-2.0
import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import type { PretendSwitch } from "../../../test/lab/pretend-switch.ts";
import { median } from "../../report.ts";
import type { BlockingKind, BlockingServer } from "../kind.ts";
import { connectBoth, pairs, settled, topology } from "../pairs.ts";

const LISTINGS = 100;
/** Times that the link goes down and comes up again. */
const ROUNDS = 3;

/** The switches that the kinds have connected, by server. */
const connected = new WeakMap<BlockingServer, readonly PretendSwitch[]>();

async function connect(server: BlockingServer): Promise<void> {
  connected.set(server, await connectBoth(server));
  await settled(server);
}

/** Begins many long answers at once, which are read and not kept. */
function listings({ url }: BlockingServer) {
  let begun = 0;
  let isUnderWay = () => {};
  /** Half of them have begun. */
  const underWay = new Promise<void>((resolve) => {
    isUnderWay = resolve;
  });
  const read = async () => {
    const [answer] = (await once(get(`${url}/api/v1/topology`), "response")) as [IncomingMessage];
    answer.resume();
    if (++begun === LISTINGS / 2) isUnderWay();
    await once(answer, "end");
  };
  return { underWay, ended: Promise.all(Array.from({ length: LISTINGS }, read)) };
}

/** From the report of a port to the first group that the switch gets, in milliseconds. */
async function untilGroup(cut: PretendSwitch, isUp: boolean): Promise<number> {
  const changed = cut.next("groupMod");
  const began = performance.now();
  cut.setPorts(isUp, [1]);
  await changed;
  return performance.now() - began;
}

async function cutLink(server: BlockingServer): Promise<string> {
  const [cut] = connected.get(server) ?? [];
  if (cut === undefined) throw new Error("no switch is connected");
  const [beside, alone]: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round++) {
    alone.push(await untilGroup(cut, false));
    cut.setPorts(true, [1]);
    await settled(server);
    const { underWay, ended } = listings(server);
    await underWay;
    beside.push(await untilGroup(cut, false));
    await ended;
    cut.setPorts(true, [1]);
    await settled(server);
    await delay(100);
  }
  const text = (times: number[]) =>
    `${median(times).toFixed(0)} ms (at most ${Math.max(...times).toFixed(0)})`;
  return `the group changes after ${text(beside)}, without listings after ${text(alone)}`;
}

/** Long work of two lanes at once. */
export const KINDS: readonly BlockingKind[] = [
  {
    name: "lanes-link-cut",
    describe: `a link is cut beside ${LISTINGS} listings of 10,000 hosts, 1,000 policies, ${ROUNDS} times`,
    setup: () => ({ topology: topology({ hosts: 10_000 }), policies: pairs(1000) }),
    prepare: connect,
    run: cutLink,
  },
];
