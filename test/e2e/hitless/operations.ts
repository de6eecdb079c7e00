// SPDX-License-Identifier: Apache-2.0
import { waitFor } from "../../lab/index.ts";
import { goHalfOpen } from "./half-open.ts";
import type { Movers } from "./movers.ts";
import { type HitlessNetwork, SPARE_SWITCH } from "./network.ts";
import { pick } from "./random.ts";
import { RandomPolicies } from "./random-policies.ts";
import { deleteRules } from "./sabotage.ts";

const USUAL = [
  "add policy",
  "add policy",
  "change policy",
  "change policy",
  "delete policy",
  "toggle link",
  "move host",
  "move sender",
  "move monitor",
  "toggle suspension",
] as const;
/** These take a second or more. */
const SELDOM = [
  "restart controller",
  "restart controller",
  "restart switch",
  "restart switch",
  "delete tap rules",
  "delete a discovery rule",
  "delete probe rules",
  "half open",
] as const;
const SELDOM_CHANCE = 0.16;

export type Operation = (typeof USUAL)[number] | (typeof SELDOM)[number];
export const OPERATIONS: ReadonlySet<string> = new Set<Operation>([...USUAL, ...SELDOM]);

export interface OperationsOptions {
  readonly network: HitlessNetwork;
  readonly movers: Movers;
  readonly chance: () => number;
  /** The first operations, before chance decides. */
  readonly first: readonly Operation[];
  /** How long a control connection is half open, or rules of discovery are gone, in milliseconds. */
  readonly silenceMs: number;
}

/** Runs operations on the network, one after another. */
export class Operations {
  readonly #options: OperationsOptions;
  readonly #policies: RandomPolicies;
  readonly #first: Operation[];
  #suspended = false;

  constructor(options: OperationsOptions) {
    this.#options = options;
    this.#first = [...options.first];
    this.#policies = new RandomPolicies(options.network, options.chance);
  }

  /** Whether copies are off the switches. */
  get suspended(): boolean {
    return this.#suspended;
  }

  /** Runs one operation and returns its description. */
  async next(): Promise<string> {
    const { chance } = this.#options;
    const chosen = pick(chance() < SELDOM_CHANCE ? SELDOM : USUAL, chance);
    // An operation that is impossible now is replaced by one that always works.
    return (await this.#do(this.#first.shift() ?? chosen)) ?? this.#policies.add();
  }

  /** Restores everything, and checks that frames and copies of both moving hosts arrive. */
  async calm(): Promise<string> {
    const { network, movers } = this.#options;
    if (this.#suspended) await this.#toggleSuspension();
    await network.restoreLinks();
    await network.settled();
    const settled = async () => {
      const { byState, total } = (await network.scenario.vtap.get("/status")).policies;
      return byState.active + byState.disabled === total;
    };
    await waitFor(settled, { what: "all policies to be active" });
    await movers.end();
    return "back to order";
  }

  async #do(operation: Operation): Promise<string | undefined> {
    const { network, movers, chance, silenceMs } = this.#options;
    switch (operation) {
      case "add policy":
        return this.#policies.add();
      case "change policy":
        return this.#policies.change();
      case "delete policy":
        return this.#policies.delete();
      case "toggle link":
        return network.toggleLink(chance);
      case "move host":
        return this.#moveHost();
      case "move sender":
        return movers.moveSender(this.#suspended);
      case "move monitor":
        return movers.moveMonitor(this.#suspended);
      case "toggle suspension":
        return this.#toggleSuspension();
      case "restart controller":
        return this.#restartController();
      case "restart switch":
        return this.#restartSwitch();
      case "delete tap rules":
      case "delete a discovery rule":
      case "delete probe rules":
        return deleteRules(network, operation, { chance, ms: silenceMs });
      case "half open":
        return goHalfOpen(network, this.#policies, silenceMs);
      default:
        return operation satisfies never;
    }
  }

  /** Moves a host that no policy names. */
  async #moveHost(): Promise<string> {
    const { network, chance } = this.#options;
    const places = [
      ["s4", 1],
      ["s5", 1],
      ["s5", 2],
    ] as const;
    const [name, port] = pick(places, chance);
    const mac = "fa:00:00:00:00:20";
    // Monitors are there, too: they get copies all the same.
    const at = { ...network.portOf(name, port), sharedPort: true };
    const host = { name: "bystander", mac, ips: ["10.1.1.32"], ...at };
    await network.write("POST", "/hosts", host, [200, 201]);
    return `host at ${name}:${port}`;
  }

  async #toggleSuspension(): Promise<string> {
    const verb = this.#suspended ? "resume" : "suspend";
    await this.#options.network.write("POST", `/taps:${verb}?wait=60000`, undefined, [200]);
    this.#suspended = !this.#suspended;
    return verb;
  }

  async #restartController(): Promise<string> {
    const { network, chance } = this.#options;
    const gently = chance() < 0.5;
    if (gently) await network.scenario.vtap.stop("SIGTERM");
    // A controller that does not know a host floods its frames.
    else await network.remembered();
    await network.scenario.killAndRestartController();
    return gently ? "restart the controller" : "kill -9 the controller";
  }

  /** Restarts a switch that production does not cross. */
  async #restartSwitch(): Promise<string> {
    const { network } = this.#options;
    await network.lab.restartSwitch(SPARE_SWITCH);
    // A switch that is created again has all its links.
    await network.restoreLinks();
    return `restart ${SPARE_SWITCH}`;
  }
}
