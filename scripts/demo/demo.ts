// SPDX-License-Identifier: Apache-2.0
import { existsSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { ensureInstalled } from "../prerequisites.ts";
import { UserError } from "../user-error.ts";
import { Controller } from "./controller.ts";
import { Janitor } from "./janitor.ts";
import type { DemoLab, Suggestion } from "./lab.ts";
import { NAMESPACE_PROGRAMS, NamespaceLab } from "./namespaces/namespace-lab.ts";
import { namespaceProblem } from "./namespaces/probe.ts";
import { type DemoNetwork, type DemoPolicy, readExamples } from "./network.ts";
import type { DemoOptions } from "./options.ts";
import { type Findings, Referee } from "./referee.ts";
import { ROOTLESS_PROGRAMS, RootlessLab } from "./rootless/rootless-lab.ts";
import { run } from "./run.ts";
import type { Screen } from "./screen.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const TOPOLOGY = "examples/topology.json";
const POLICIES = "examples/policies.json";
const REDRAW_MS = 200;
/** How long frames may take to arrive after the last one was sent. */
const SETTLE_MS = 20_000;

/** One run of the demo: builds the network, sends traffic, checks it, and removes everything. */
export class Demo {
  #rootless: boolean;
  readonly #screen: Screen;
  readonly #signal: AbortSignal;
  readonly #network: DemoNetwork;
  readonly #policies: readonly DemoPolicy[];
  #janitor: Janitor | undefined;
  #lab: DemoLab | undefined;
  #controller: Controller | undefined;

  constructor({ rootless }: DemoOptions, screen: Screen, signal: AbortSignal) {
    this.#rootless = rootless || process.getuid?.() !== 0;
    this.#screen = screen;
    this.#signal = signal;
    const { network, policies } = readExamples(join(ROOT, TOPOLOGY), join(ROOT, POLICIES));
    this.#network = network;
    this.#policies = policies;
  }

  /** Builds the network, sends traffic, and returns whether every frame arrived where it should. */
  async play(): Promise<boolean> {
    const screen = this.#screen;
    const signal = this.#signal;
    const programs = this.#rootless ? ROOTLESS_PROGRAMS : NAMESPACE_PROGRAMS;
    if (!existsSync(join(ROOT, "dist/main.js"))) {
      throw new UserError("dist/main.js is missing: run `npm ci`, which builds it, first");
    }
    await ensureInstalled(programs, { say: (line) => screen.note(line), signal });
    await this.#startJanitor();
    if (!this.#rootless) await this.#probeNamespaces();
    screen.headline(
      this.#rootless
        ? "without root: hosts are simulated, frames are synthetic"
        : "network namespaces",
    );
    const lab = await this.#startLab();
    const version = /\d+(\.\d+)+/.exec(await run("ovs-vsctl", ["--version"], { signal }))?.[0];
    screen.done(`three switches in a triangle, four hosts (a private Open vSwitch ${version})`);
    const controller = await this.#startController();
    screen.done(
      `controller: web page and API at ${controller.url}, OpenFlow on port ${controller.openflowPort}`,
    );
    await lab.connect(`tcp:127.0.0.1:${controller.openflowPort}`);
    await controller.allActive();
    screen.done(
      `policies of ${POLICIES}: ${this.#policies.length} of ${this.#policies.length} active`,
    );
    await lab.watch();
    const findings = await this.#referee(lab);
    return screen.verdict(findings, this.#policies);
  }

  /** Shows what the user can try now. */
  explore(): void {
    const [lab, controller] = [this.#lab, this.#controller];
    if (!lab || !controller) return;
    this.#screen.note(`
  Everything keeps running until Ctrl-C. Open the web page, ${controller.url},
  or try this in another terminal:`);
    this.#screen.suggest([...restSuggestions(controller.url), ...lab.suggestions]);
    this.#screen.note(`
  API reference   ${controller.url}/docs
  controller log  ${controller.log}
  flow entries    OVS_RUNDIR=${lab.directory} ovs-ofctl -O OpenFlow14 dump-flows s1`);
  }

  /** Removes everything again; never throws. */
  async end(): Promise<void> {
    await this.#controller?.stop().catch(() => {});
    await this.#lab?.stop().catch(() => {});
    await this.#janitor?.finish().catch(() => {});
  }

  async #startJanitor(): Promise<Janitor> {
    this.#janitor = await Janitor.start({ exclusive: !this.#rootless });
    if (this.#janitor) return this.#janitor;
    throw new UserError("another demo is running as root: stop it first, or add --rootless");
  }

  /** Root in a container may lack the privileges for namespaces: the demo then runs without them. */
  async #probeNamespaces(): Promise<void> {
    const problem = await namespaceProblem(this.#signal);
    if (problem === undefined) return;
    this.#screen.note(`network namespaces are not available (${problem})`);
    this.#rootless = true;
  }

  async #startLab(): Promise<DemoLab> {
    const signal = this.#signal;
    if (!this.#janitor) throw new Error("the janitor is not running");
    this.#lab = this.#rootless
      ? await RootlessLab.start(this.#network, signal)
      : await NamespaceLab.start(this.#network, this.#janitor, signal);
    return this.#lab;
  }

  async #startController(): Promise<Controller> {
    const directory = mkdtempSync(join(tmpdir(), "openvtap-demo-"));
    if (!this.#janitor) throw new Error("the janitor is not running");
    this.#janitor.note({ kind: "directory", path: directory });
    const files = { root: ROOT, topology: TOPOLOGY, policies: POLICIES, directory };
    this.#controller = await Controller.start(files, this.#janitor, this.#signal);
    return this.#controller;
  }

  /** Checks while traffic flows, and once more when all of it had time to arrive. */
  async #referee(lab: DemoLab): Promise<Findings> {
    const referee = new Referee(this.#network, this.#policies);
    const judge = () => referee.judge(lab.sent(), lab.received());
    const started = performance.now();
    let sending = true;
    const traffic = lab.sendTraffic().finally(() => {
      sending = false;
    });
    // The await below throws an error of it; until then the rejection must count as handled.
    traffic.catch(() => {});
    while (sending) {
      this.#screen.progress(
        judge(),
        this.#policies,
        Math.round((performance.now() - started) / 1000),
      );
      await delay(REDRAW_MS, undefined, { signal: this.#signal });
    }
    await traffic;
    const deadline = performance.now() + SETTLE_MS;
    let findings = judge();
    let before: Findings | undefined;
    // Settled: everything has arrived and nothing new was sent.
    while (
      performance.now() < deadline &&
      !(isComplete(findings) && findings.sent === before?.sent)
    ) {
      await delay(REDRAW_MS, undefined, { signal: this.#signal });
      before = findings;
      findings = judge();
    }
    return findings;
  }
}

function isComplete({ originals, copies }: Findings): boolean {
  return originals.arrived === originals.expected && copies.arrived === copies.expected;
}

function restSuggestions(url: string): Suggestion[] {
  const policy = {
    id: "app-to-ids",
    sender: { host: "h1" },
    receiver: { host: "h2" },
    monitors: [{ host: "h3" }],
    direction: "both",
    filters: { tcp_dst: 8443 },
  };
  return [
    {
      about: "add a policy; the response arrives when the switches have confirmed it",
      command: `curl -s '${url}/api/v1/policies?wait=5000' -H 'content-type: application/json' -d '${JSON.stringify(policy)}'`,
    },
  ];
}
