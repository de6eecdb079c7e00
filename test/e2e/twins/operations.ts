// SPDX-License-Identifier: Apache-2.0
import { FLOATING, PORTS, type PortName, SERVICE } from "./ovn-side.ts";
import type { OvnTwins, PolicyName } from "./ovn-twins.ts";

/** Something that happens to both OVNs, or to OpenVTAP beside the first. */
export interface Operation {
  readonly name: string;
  readonly run: () => Promise<unknown>;
}

const ACLS = [
  ["to-lport", "udp.dst == 9", "drop"],
  ["from-lport", "udp.dst == 53", "drop"],
  ["to-lport", "icmp4", "drop"],
  ["from-lport", "udp.dst == 80", "allow-related"],
] as const;

/** What is so at present: an operation turns one of it round. */
interface State {
  readonly acls: Set<number>;
  readonly elsewhere: Set<PortName>;
  readonly policies: Set<PolicyName>;
  hasBalancer: boolean;
  hasFloating: boolean;
  isSuspended: boolean;
}

/** Operations in a random order, each of them allowed by those before it. */
export class Operations {
  readonly #twins: OvnTwins;
  readonly #random: () => number;
  readonly #state: State = {
    ...{ acls: new Set(), elsewhere: new Set(), policies: new Set() },
    ...{ hasBalancer: false, hasFloating: false, isSuspended: false },
  };

  constructor(twins: OvnTwins, random: () => number) {
    this.#twins = twins;
    this.#random = random;
  }

  /** A policy has been put into effect before the first operation. */
  attached(id: PolicyName): void {
    this.#state.policies.add(id);
  }

  next(): Operation {
    const kinds = [
      ...[() => this.#policy(), () => this.#policy(), () => this.#acl(), () => this.#place()],
      ...[() => this.#balancer(), () => this.#floating(), () => this.#recompute()],
      ...[() => this.#restart(), () => this.#suspension(), () => this.#kill()],
    ];
    return this.#one(kinds)();
  }

  #one<T>(of: readonly T[]): T {
    return of[Math.floor(this.#random() * of.length)] as T;
  }

  #policy(): Operation {
    const id = this.#one(this.#twins.policies);
    const isOn = turned(this.#state.policies, id);
    const run = () => this.#twins.setPolicy(id, isOn);
    return { name: isOn ? "attach" : "detach", run };
  }

  #acl(): Operation {
    const number = Math.floor(this.#random() * ACLS.length);
    const [direction, match, verdict] = ACLS[number] ?? ACLS[0];
    const isOn = turned(this.#state.acls, number);
    const priority = String(1000 + number);
    const args = isOn
      ? ["acl-add", "net", direction, priority, match, verdict]
      : ["acl-del", "net", direction, priority, match];
    return this.#inBoth(isOn ? "ACL added" : "ACL removed", args);
  }

  #balancer(): Operation {
    this.#state.hasBalancer = !this.#state.hasBalancer;
    const args = this.#state.hasBalancer
      ? [
          ...["lb-add", "dns", `${SERVICE}:53`, "10.1.1.2:5353", "udp"],
          ...["--", "ls-lb-add", "net", "dns"],
        ]
      : ["lb-del", "dns"];
    return this.#inBoth("load balancer", args);
  }

  #floating(): Operation {
    this.#state.hasFloating = !this.#state.hasFloating;
    const nat = ["r", "dnat_and_snat", FLOATING];
    const args = this.#state.hasFloating
      ? ["lr-nat-add", ...nat, "10.1.1.2"]
      : ["lr-nat-del", ...nat];
    return this.#inBoth("floating IP", args);
  }

  #inBoth(name: string, args: readonly string[]): Operation {
    const run = () => this.#twins.both(({ lab }) => lab.nbctl("--wait=hv", ...args));
    return { name, run };
  }

  #place(): Operation {
    const port = this.#one(PORTS);
    const isElsewhere = turned(this.#state.elsewhere, port);
    const run = () =>
      this.#twins.both(async (side) => {
        await side.bind(port, !isElsewhere);
        await side.synced();
      });
    return { name: isElsewhere ? "port bound elsewhere" : "port back", run };
  }

  #recompute(): Operation {
    const what = this.#one(["northd", "controllers"] as const);
    const run = () =>
      this.#twins.both(async (side) => {
        await side.recompute(what);
        await side.synced();
      });
    return { name: `recompute of ${what}`, run };
  }

  #restart(): Operation {
    const run = () =>
      this.#twins.both(async (side) => {
        await side.hypervisor.restartController();
        await side.synced();
      });
    return { name: "restart of ovn-controller", run };
  }

  #suspension(): Operation {
    const isSuspended = !this.#state.isSuspended;
    this.#state.isSuspended = isSuspended;
    const run = () => this.#twins.suspend(isSuspended);
    return { name: isSuspended ? "suspend" : "resume", run };
  }

  #kill(): Operation {
    const run = async () => {
      await this.#twins.killVtap();
      await this.#twins.startVtap();
    };
    return { name: "kill -9 and start", run };
  }
}

/** Adds a member, or removes it; returns whether it is there now. */
function turned<T>(set: Set<T>, member: T): boolean {
  if (set.delete(member)) return false;
  set.add(member);
  return true;
}
