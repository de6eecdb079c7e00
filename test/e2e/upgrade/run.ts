// SPDX-License-Identifier: Apache-2.0
import { emptyTables, waitFor } from "../../lab/index.ts";
import { arpRequest } from "../frames.ts";
import { Scenario } from "../scenario.ts";
import { type ServeArguments, VTAP_MAIN } from "../vtap-process.ts";
import { FLOWS, NETWORK, REST_POLICIES } from "./network.ts";
import { tableContents } from "./table-contents.ts";
import { Traffic, type TrafficReport } from "./traffic.ts";

/** How the old release ends. */
export type Signal = "SIGTERM" | "SIGKILL";

/** A part of the run, and which frames of each flow were sent during it. */
interface Phase {
  readonly what: string;
  readonly from: number;
  readonly to: number;
  readonly ms: number;
}

export interface UpgradeReport {
  readonly traffic: TrafficReport;
  readonly phases: readonly Phase[];
  /** The tables of each switch after the upgrade, and those of a start beside empty switches. */
  readonly tables: Readonly<
    Record<string, { readonly upgraded: string[]; readonly fresh: string[] }>
  >;
}

/** A network on which the old release is in charge, with all policies active and all hosts known. */
export async function startOldRelease(oldMain: string): Promise<Scenario> {
  const scenario = await Scenario.start({ ...NETWORK, serve: { main: oldMain } });
  try {
    const { vtap } = scenario;
    await greet(scenario);
    const { mac } = scenario.host("h10");
    const isKnown = async () =>
      (await vtap.get("/hosts")).items.some((host: { mac: string }) => host.mac === mac);
    await waitFor(isKnown, { what: "h10 to be learned" });
    for (const policy of REST_POLICIES) await scenario.createPolicy(policy);
    const written = () => vtap.lines.some(({ msg }) => msg === "learned hosts written");
    await waitFor(written, { what: "learned hosts to be written" });
    await scenario.synced();
    await vtap.allPoliciesActive();
    return scenario;
  } catch (cause) {
    await scenario.stop();
    throw cause;
  }
}

/** Frames by which the bridge of profile `normal` learns its hosts, and OpenVTAP h10. */
export async function greet(scenario: Scenario): Promise<void> {
  for (const [from, to] of GREETINGS) {
    await scenario.lab.inject(from, [arpRequest(scenario.host(from), scenario.host(to))]);
  }
}

const GREETINGS = [
  ["h10", "h2"],
  ["h8", "h2"],
  ["h2", "h8"],
  ["h1", "h8"],
] as const;

export interface UpgradeOptions {
  /** Ends the old release; resolves when it has ended. */
  readonly stop: () => Promise<unknown>;
  /** How the new release is started, other than the old one. */
  readonly start?: Partial<ServeArguments>;
  /** Frames of each flow in each of the quiet phases. */
  readonly frames: number;
}

/**
 * Replaces the release that is in charge by the present one beside numbered frames of every flow, then
 * edits, suspends and resumes.
 */
export async function upgrade(scenario: Scenario, options: UpgradeOptions): Promise<UpgradeReport> {
  const { frames, stop, start = {} } = options;
  scenario.lab.clear();
  const traffic = new Traffic(scenario.lab, scenario.hosts, FLOWS);
  const phases: Phase[] = [];
  const phase = async (what: string, work: () => Promise<unknown>) => {
    const [from, began] = [traffic.sent, performance.now()];
    await work();
    phases.push({ what, from, to: traffic.sent, ms: performance.now() - began });
  };
  try {
    await phase("the old release runs", () => traffic.more(frames));
    await phase("it ends", stop);
    await phase("no controller", () => traffic.more(frames));
    await phase("the new release starts", () =>
      scenario.killAndRestartController({ main: VTAP_MAIN, ...start }),
    );
    await phase("policies become active", () => scenario.vtap.allPoliciesActive());
    await phase("the new release runs", () => traffic.more(frames));
    const edited = traffic.sent;
    await phase("policies are edited, suspended, resumed", () => edits(scenario));
    const restored = traffic.sent;
    await phase("as before", () => traffic.more(frames));
    await traffic.stop();
    const isEdited = (frame: number) => edited <= frame && frame < restored;
    return { traffic: traffic.report(isEdited), phases, tables: await tables(scenario) };
  } catch (cause) {
    await traffic.stop();
    throw new Error(`after ${JSON.stringify(phases)}\n${scenario.vtap.log()}`, { cause });
  }
}

/** Disables and enables each policy that REST clients may write, then suspends and resumes all taps. */
async function edits(scenario: Scenario): Promise<void> {
  const { vtap } = scenario;
  const write = async (method: string, path: string, body?: object) => {
    const answer = await vtap.request(method, path, body);
    if (answer.status !== 200) throw new Error(`${method} ${path}: ${JSON.stringify(answer.body)}`);
  };
  for (const { id } of REST_POLICIES) {
    for (const enabled of [false, true]) {
      await write("PATCH", `/policies/${id}?wait=60000`, { enabled });
    }
  }
  for (const verb of ["suspend", "resume"]) await write("POST", `/taps:${verb}?wait=60000`);
  await vtap.allPoliciesActive();
  await scenario.synced();
}

/** The tables as they are, and those of a start beside empty switches with the same data. */
async function tables(scenario: Scenario): Promise<UpgradeReport["tables"]> {
  const { lab, switchNames } = scenario;
  const contents = () => Promise.all(switchNames.map((name) => tableContents(lab, name)));
  const upgraded = await contents();
  await scenario.vtap.stop();
  for (const name of switchNames) await emptyTables(lab, name);
  await scenario.killAndRestartController({ main: VTAP_MAIN });
  await scenario.vtap.allPoliciesActive();
  await scenario.synced();
  const fresh = await contents();
  return Object.fromEntries(
    switchNames.map((name, index) => [
      name,
      { upgraded: upgraded[index] ?? [], fresh: fresh[index] ?? [] },
    ]),
  );
}
