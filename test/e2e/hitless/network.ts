// SPDX-License-Identifier: Apache-2.0
import { arp, ethernet } from "../../../src/packet/index.ts";
import { ControlRelay, waitFor } from "../../lab/index.ts";
import { hostAddresses } from "../hosts.ts";
import { Scenario, type ScenarioPlan } from "../scenario.ts";
import type { VtapProcess } from "../vtap-process.ts";

/** The controller's source of links and hosts: a topology file and REST, or discovery. */
export type Kind = "file" | "discovered";

/** A port at which a host may be. */
export interface Cable {
  /** The lab's host at this port: frames that leave there are captured under this name. */
  readonly name: string;
  readonly switch: string;
  readonly port: number;
}

/** Numbers of the hosts that move; each is at one of its cables. */
export const SENDER = 6;
export const MONITOR = 7;

const CABLES: readonly (readonly [number, string, number])[] = [
  [60, "s5", 3],
  [61, "s1", 2],
  [62, "s2", 2],
  [63, "s4", 2],
  [70, "s4", 3],
  [71, "s1", 3],
  [72, "s2", 3],
  [73, "s3", 3],
  [74, "s5", 4],
];

/**
 * A ring of five switches with a chord. Production takes h1 - s1 - s2 - s3 - h2 in both directions, and
 * is tapped for h3 at s4; no other operation concerns it.
 */
const PLAN: ScenarioPlan = {
  switches: ["s1", "s2", "s3", "s4", "s5"],
  links: [
    ["s1", 10, "s2", 10],
    ["s2", 11, "s3", 10],
    ["s3", 11, "s4", 10],
    ["s4", 11, "s5", 10],
    ["s5", 11, "s1", 11],
    ["s2", 12, "s4", 12],
  ],
  hosts: [[1, "s1", 1], [2, "s3", 1], [3, "s4", 1], [4, "s5", 1], [5, "s5", 2], ...CABLES],
  unnamed: CABLES.map(([n]) => `h${n}`),
  // Audits must not disturb production either.
  // A monitor moves by one frame while its old port stays up.
  config: { monitorMoves: "any", tapVlanRange: "4000-4010", auditIntervalSeconds: 2 },
};

/** Links that neither production frames nor the copies of the steady policy cross. */
const SPARE_LINKS: readonly (readonly [string, number])[] = [
  ["s4", 11],
  ["s5", 11],
];

/** The switch that neither production frames nor the copies of the steady policy cross. */
export const SPARE_SWITCH = "s5";

/** The log message for learned hosts that are on disk. */
const WRITTEN = "learned hosts written";
/** Learned hosts are on disk after this time, in milliseconds: usually it takes a second. */
const WRITTEN_WITHIN_MS = 20_000;

interface LinkSeen {
  readonly a: { readonly switch: string; readonly port: number };
  readonly b: { readonly switch: string; readonly port: number };
  readonly up: boolean;
}

/** The network under test, with verbs that cut its spare links and its control connection. */
export class HitlessNetwork {
  readonly kind: Kind;
  readonly scenario: Scenario;
  /** Between the spare switch and the controller. */
  readonly relay: ControlRelay;
  readonly #cut = new Set<number>();
  /** When the controller last learned a host's place, and how many lines it had logged by then. */
  #learned: { readonly by: VtapProcess; readonly at: number; readonly lines: number } | undefined;

  private constructor(kind: Kind, scenario: Scenario, relay: ControlRelay) {
    this.kind = kind;
    this.scenario = scenario;
    this.relay = relay;
  }

  /** Starts the network; waits until it is known, the steady policy is active and all is installed. */
  static async start(kind: Kind): Promise<HitlessNetwork> {
    const noTopology = kind === "discovered";
    const scenario = await Scenario.start({ ...PLAN, noTopology });
    const relay = await ControlRelay.start(scenario.vtap.openflowPort);
    const network = new HitlessNetwork(kind, scenario, relay);
    try {
      await network.#begin();
      return network;
    } catch (cause) {
      await network.stop();
      throw cause;
    }
  }

  async stop(): Promise<void> {
    await this.scenario.stop();
    this.relay.stop();
  }

  get lab() {
    return this.scenario.lab;
  }

  /** Host n as a policy names it. */
  identifier(n: number): object {
    return this.kind === "file" ? { host: `h${n}` } : { mac: hostAddresses(n).mac };
  }

  /** A port as the controller names it. */
  portOf(switchName: string, port: number) {
    return { switch: this.scenario.knownAs(switchName), port };
  }

  cablesOf(n: number): readonly Cable[] {
    return CABLES.filter(([cable]) => Math.floor(cable / 10) === n).map(
      ([cable, switchName, port]) => ({ name: `h${cable}`, switch: switchName, port }),
    );
  }

  /** Announces a host: by ARP from a port of the lab. */
  async hello(n: number, from: string): Promise<void> {
    const { mac, ip } = hostAddresses(n);
    await this.send(
      from,
      ethernet({ dst: BROADCAST, src: mac }, arp({ sha: mac, spa: ip, tpa: ip })),
    );
  }

  /** Injects a frame at a port of the lab, without emptying the datapath's flow cache. */
  async send(from: string, frame: Uint8Array): Promise<void> {
    const hex = Buffer.from(frame).toString("hex");
    await this.lab.appctl("netdev-dummy/receive", from, hex);
  }

  /** Sends a request, and throws unless the response has one of the expected statuses. */
  async write(method: string, path: string, body: object | undefined, expected: readonly number[]) {
    const answer = await this.scenario.vtap.request(method, path, body);
    if (expected.includes(answer.status)) return answer.body;
    throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
  }

  /** Cuts or restores a spare link; never cuts both, so that every switch is reachable. */
  async toggleLink(choose: () => number): Promise<string | undefined> {
    const index = Math.floor(choose() * SPARE_LINKS.length);
    if (this.#cut.has(index)) return this.#restore(index);
    if (this.#cut.size > 0) return undefined;
    const [name, port] = SPARE_LINKS[index] ?? ["", 0];
    this.#cut.add(index);
    await this.lab.cutLink(name, port);
    return `cut link ${name}:${port}`;
  }

  async restoreLinks(): Promise<void> {
    for (const index of this.#cut) await this.#restore(index);
  }

  /** The links that are up, each as its two ends. */
  async linksUp(): Promise<string[]> {
    const { items }: { items: readonly LinkSeen[] } = await this.scenario.vtap.get("/links");
    const end = ({ switch: name, port }: LinkSeen["a"]) => `${name}:${port}`;
    return items.filter(({ up }) => up).map(({ a, b }) => `${end(a)} - ${end(b)}`);
  }

  async isUp(switchName: string, port: number): Promise<boolean> {
    const end = `${this.scenario.knownAs(switchName)}:${port}`;
    return (await this.linksUp()).some((link) => link.split(" - ").includes(end));
  }

  /** Notes that the controller has just learned a host's place. */
  hasLearned(): void {
    const { vtap } = this.scenario;
    this.#learned = { by: vtap, at: performance.now(), lines: vtap.lines.length };
  }

  /** Waits until learned hosts would survive a kill. */
  async remembered(): Promise<void> {
    const { vtap } = this.scenario;
    const learned = this.#learned;
    if (learned?.by !== vtap) return;
    const isWritten = () =>
      vtap.lines.slice(learned.lines).some(({ msg }) => msg === WRITTEN) ||
      // Written before the first look.
      performance.now() > learned.at + WRITTEN_WITHIN_MS;
    await waitFor(isWritten, { what: WRITTEN });
  }

  /** Waits until every switch is up to date, every uncut link is up, every port's role known. */
  async settled(): Promise<void> {
    await this.scenario.synced();
    const links = (PLAN.links ?? []).length - this.#cut.size;
    await waitFor(
      async () => {
        const { items } = await this.scenario.vtap.get("/switches");
        const roles = items.flatMap(({ ports }: { ports: { role: string }[] }) =>
          ports.map(({ role }) => role),
        );
        return (await this.linksUp()).length === links && !roles.includes("probing");
      },
      { what: `${links} links to be up, and every port to be known`, everyMs: 20 },
    );
    await this.scenario.synced();
  }

  async #begin(): Promise<void> {
    await this.lab.setController(SPARE_SWITCH, this.relay.target);
    await waitFor(() => this.relay.connections > 0);
    await this.settled();
    if (this.kind === "discovered") await this.#learnHosts();
    const steady = {
      id: "production",
      sender: this.identifier(1),
      receiver: this.identifier(2),
      monitors: [this.identifier(3)],
      direction: "both",
    };
    await this.scenario.createPolicy(steady);
  }

  /** Waits until they are on disk: a controller that is killed earlier would not know them. */
  async #learnHosts(): Promise<void> {
    const { vtap } = this.scenario;
    const numbers = [1, 2, 3, 4, 5];
    for (const n of numbers) await this.hello(n, `h${n}`);
    await waitFor(async () => (await vtap.get("/hosts")).items.length === numbers.length, {
      what: "all hosts to be learned",
    });
    const written = () =>
      vtap.lines
        .filter(({ msg }) => msg === WRITTEN)
        .reduce((sum, { put }) => sum + Number(put), 0);
    await waitFor(() => written() >= numbers.length, { what: "learned hosts to be written" });
    await this.scenario.synced();
  }

  async #restore(index: number): Promise<string> {
    this.#cut.delete(index);
    const [name, port] = SPARE_LINKS[index] ?? ["", 0];
    await this.lab.restoreLink(name, port);
    return `restore link ${name}:${port}`;
  }
}

export const BROADCAST = "ff:ff:ff:ff:ff:ff";
