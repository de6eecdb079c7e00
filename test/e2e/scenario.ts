// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { type LabLink, OvsLab, waitFor } from "../lab/index.ts";
import { linkPortName } from "../lab/ovs-commands.ts";
import { seedProbeKey, withoutProbes } from "./discovery/own-probes.ts";
import { type HostAddresses, hostAddresses } from "./hosts.ts";
import { type ServeArguments, VtapProcess } from "./vtap-process.ts";

/** A host of a scenario: `h<n>` has the addresses that end in n. */
export interface ScenarioHost extends HostAddresses {
  readonly name: string;
  readonly switch: string;
  readonly port: number;
}

/** A network and its policies, for the lab and for the topology file. */
export interface ScenarioPlan {
  /** Names, with the forwarding profile if it is not `paths`. */
  readonly switches: readonly (string | { readonly name: string; readonly forwarding: unknown })[];
  readonly links?: readonly LabLink[];
  /** `[number, switch, port]`. */
  readonly hosts: readonly (readonly [number, string, number])[];
  readonly policies?: readonly object[];
  /** The topology file names ports by their OpenFlow names instead of numbers. */
  readonly portNames?: boolean;
  /** Hosts that the topology file leaves out: they have to be learned. */
  readonly unnamed?: readonly string[];
  /** Further members of hosts in the topology file, by name. */
  readonly uses?: Readonly<Record<string, object>>;
  /** No topology file: switches have no names, links and hosts have to be discovered. */
  readonly noTopology?: boolean;
  /** Settings of the config file. */
  readonly config?: object;
  readonly serve?: Partial<ServeArguments>;
  /** Tunnel ports are real ones. */
  readonly tunnels?: boolean;
}

/** Which switches reconnect. */
interface Replacement {
  readonly onlySwitches?: readonly string[];
}

/** A network of real Open vSwitch switches under a real controller. */
export class Scenario {
  readonly lab: OvsLab;
  readonly directory: string;
  readonly plan: ScenarioPlan;
  readonly hosts: ReadonlyMap<string, ScenarioHost>;
  vtap: VtapProcess;

  private constructor(lab: OvsLab, directory: string, plan: ScenarioPlan, vtap: VtapProcess) {
    this.lab = lab;
    this.directory = directory;
    this.plan = plan;
    this.vtap = vtap;
    this.hosts = new Map(scenarioHosts(plan).map((host) => [host.name, host]));
  }

  /** Starts everything and waits until the switches and all enabled policies are up. */
  static async start(plan: ScenarioPlan): Promise<Scenario> {
    const directory = await mkdtemp(join(tmpdir(), "vtap-e2e-"));
    const lab = await OvsLab.start({ tunnels: plan.tunnels ?? false });
    try {
      const vtap = await VtapProcess.start(await serveArguments(plan, directory));
      const scenario = new Scenario(lab, directory, plan, vtap);
      await scenario.#connect();
      return scenario;
    } catch (cause) {
      await lab.stop();
      await rm(directory, { recursive: true, force: true });
      throw cause;
    }
  }

  get switchNames(): string[] {
    return this.plan.switches.map(nameOf);
  }

  /** The controller's name of a switch. */
  knownAs(name: string): string {
    return this.plan.noTopology ? dpidOf(this.switchNames.indexOf(name)) : name;
  }

  /** Waits until every switch is connected and holds all desired entries. */
  synced(): Promise<void> {
    return this.vtap.synced(...this.switchNames.map((name) => this.knownAs(name)));
  }

  /**
   * Waits until the role of every port is known, and until the switches have confirmed the rules that follow
   * from it: until then they may flood no frame at the port, and learn no host there.
   */
  async rolesKnown(): Promise<void> {
    await waitFor(
      async () => {
        const { items } = await this.vtap.get("/switches");
        return items.every(
          ({ ports }: { ports: { role: string }[] }) =>
            ports.length > 0 && ports.every(({ role }) => role !== "probing"),
        );
      },
      { what: "every port's role to be known" },
    );
    await this.synced();
  }

  host(name: string): ScenarioHost {
    const host = this.hosts.get(name);
    if (!host) throw new Error(`no host ${name}`);
    return host;
  }

  /**
   * Sends frames from a host and checks what every host receives: exactly these bytes, each exactly
   * once. Hosts that are not listed receive nothing but probes of link discovery.
   */
  async expectDelivery(
    from: string,
    frames: readonly Uint8Array[],
    expected: Readonly<Record<string, readonly Uint8Array[]>>,
  ): Promise<void> {
    this.lab.clear();
    await this.lab.inject(from, frames);
    expect(sorted(withoutProbes(this.lab.received()))).toEqual(
      sorted(
        Object.fromEntries(
          Object.entries(expected)
            .filter(([, list]) => list.length > 0)
            .map(([host, list]) => [host, list.map((frame) => Buffer.from(frame).toString("hex"))]),
        ),
      ),
    );
  }

  /** Flows and groups of every switch, without counters. */
  async tables(): Promise<Record<string, { flows: string[]; groups: string[] }>> {
    const entries = this.switchNames.map(
      async (name) =>
        [
          name,
          { flows: await this.lab.dumpFlows(name), groups: await this.lab.dumpGroups(name) },
        ] as const,
    );
    return Object.fromEntries(await Promise.all(entries));
  }

  /** Creates a policy and waits until it is active. */
  async createPolicy(document: object): Promise<void> {
    const { status, body } = await this.vtap.request("POST", "/policies?wait=60000", document);
    expect({ status, state: body.status?.state, body }).toMatchObject({
      status: 201,
      state: "active",
    });
  }

  async deletePolicy(id: string): Promise<void> {
    const { status, body } = await this.vtap.request("DELETE", `/policies/${id}?wait=60000`);
    expect({ status, body }).toMatchObject({ status: 204 });
  }

  /** `kill -9`, then the same command on the same ports: the switches reconnect by themselves. */
  async killAndRestartController(change: Partial<ServeArguments> = {}): Promise<void> {
    this.vtap = await this.vtap.killAndRestart(change);
    await this.synced();
  }

  /**
   * The same, but the switches are pointed to another port: after a failed connection a switch waits
   * a second or two before it retries the same port.
   */
  async replaceController({
    onlySwitches = this.switchNames,
    ...change
  }: Partial<ServeArguments> & Replacement = {}): Promise<void> {
    this.vtap = await this.vtap.killAndRestart({ openflowPort: 0, ...change });
    await Promise.all(onlySwitches.map((name) => this.#point(name)));
    await waitFor(async () => {
      const { items } = await this.vtap.get("/switches");
      return onlySwitches.every((name) =>
        items.some(
          (each: { name: string; connected: boolean }) => each.name === name && each.connected,
        ),
      );
    });
    if (onlySwitches.length === this.switchNames.length) await this.vtap.synced(...onlySwitches);
    else await this.vtap.logged("tables read");
  }

  /** Points a switch to the controller, and waits until all switches are up to date. */
  async connect(name: string): Promise<void> {
    await this.#point(name);
    await this.synced();
  }

  #point(name: string): Promise<void> {
    return this.lab.setController(name, this.vtap.target);
  }

  async stop(): Promise<void> {
    await this.vtap.stop();
    await this.lab.stop();
    await rm(this.directory, { recursive: true, force: true });
  }

  async #connect(): Promise<void> {
    try {
      const hosts = [...this.hosts.values()];
      await this.lab.build({
        switches: this.switchNames.map((name) => ({
          name,
          controller: this.vtap.target,
          // Hosts that share a port share the cable, which has the name of the first one.
          hosts: hosts.filter(
            (host, index) =>
              host.switch === name &&
              hosts.findIndex((each) => each.switch === name && each.port === host.port) === index,
          ),
        })),
        links: this.plan.links ?? [],
      });
      await this.synced();
      if ((this.plan.policies ?? []).length > 0) await this.vtap.allPoliciesActive();
    } catch (cause) {
      await this.vtap.stop("SIGKILL");
      throw new Error(`the scenario did not start\n${this.vtap.log()}`, { cause });
    }
  }
}

function dpidOf(index: number): string {
  return (index + 1).toString(16).padStart(16, "0");
}

function nameOf(entry: ScenarioPlan["switches"][number]): string {
  return typeof entry === "string" ? entry : entry.name;
}

function scenarioHosts(plan: ScenarioPlan): ScenarioHost[] {
  return plan.hosts.map(([n, switchName, port]) => ({
    name: `h${n}`,
    switch: switchName,
    port,
    ...hostAddresses(n),
  }));
}

async function serveArguments(plan: ScenarioPlan, directory: string): Promise<ServeArguments> {
  const topology = join(directory, "topology.json");
  const document = {
    switches: plan.switches.map((entry, index) => ({
      dpid: dpidOf(index),
      ...(typeof entry === "string" ? { name: entry } : entry),
    })),
    links: (plan.links ?? []).map(([a, aPort, b, bPort]) => ({
      a: { switch: a, port: plan.portNames ? linkPortName(a, aPort) : aPort },
      b: { switch: b, port: plan.portNames ? linkPortName(b, bPort) : bPort },
    })),
    hosts: scenarioHosts(plan)
      .filter(({ name }) => !plan.unnamed?.includes(name))
      .map(({ name, switch: at, port, mac, ip, ip6 }) => ({
        name,
        mac,
        ips: [ip, ip6],
        switch: at,
        port: plan.portNames ? name : port,
        ...plan.uses?.[name],
      })),
  };
  await writeFile(topology, JSON.stringify(document));
  const policies = join(directory, "policies.json");
  await writeFile(policies, JSON.stringify({ policies: plan.policies ?? [] }));
  const config = join(directory, "config.json");
  await writeFile(config, JSON.stringify(plan.config ?? {}));
  const data = join(directory, "data");
  await seedProbeKey(data);
  return {
    data,
    topology: plan.noTopology ? [] : [topology],
    policies: [policies],
    more: ["--config", config],
    ...plan.serve,
  };
}

function sorted(received: Record<string, string[]>): Record<string, string[]> {
  return Object.fromEntries(
    Object.entries(received)
      .map(([host, frames]) => [host, [...frames].sort()] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}
