// SPDX-License-Identifier: Apache-2.0
import { defined } from "../../lang/defined.ts";
import { formatMac } from "../../openflow/wire/address.ts";
import {
  didYouMean,
  formatIpAddress,
  type JsonPath,
  type JsonProblem,
} from "../../topology/index.ts";
import type { Field } from "../match-region/fields.ts";
import type { HostReference } from "../match-region/filter-term.ts";
import type { Groups } from "../model/group.ts";
import type { GroupId, Party } from "../model/policy.ts";
import { isOfProject } from "../model/project-ids.ts";

/** What a group contributes to an address filter: values, and hosts whose addresses are values, too. */
export interface GroupValues {
  readonly texts: readonly string[];
  readonly hosts: readonly HostReference[];
}

/** Looks up the groups that a policy names, and notes which. */
export class GroupReader {
  readonly #groups: Groups;
  readonly #named = new Set<GroupId>();
  readonly #project: string | undefined;

  /** `project`: the project of the policy that names the groups, which learns of no others. */
  constructor(groups: Groups, project?: string) {
    this.#groups = groups;
    this.#project = project;
  }

  /** The groups that were looked up, in the order of their ids. */
  get named(): readonly GroupId[] {
    return [...this.#named].sort();
  }

  /** The members of a group; a problem is appended when there is no such group. */
  members(id: string, path: JsonPath, problems: JsonProblem[]): readonly Party[] {
    const group = this.#groups.get(id);
    if (group === undefined) {
      const remedy = didYouMean(id, this.#suggested()) ?? "create it first, or list its members";
      problems.push({ path, what: `there is no group "${id}"`, remedy });
      return [];
    }
    this.#named.add(group.id);
    return group.members;
  }

  *#suggested(): Iterable<string> {
    const project = this.#project;
    for (const id of this.#groups.keys()) {
      if (project === undefined || isOfProject(id, project)) yield id;
    }
  }

  /** The members of a group that are values of an address field; those of other kinds do not count. */
  values(field: Field, id: string, path: JsonPath, problems: JsonProblem[]): GroupValues {
    const members = this.members(id, path, problems);
    const texts = members.flatMap(({ mac, ip }) => {
      if (field.kind === "mac") return mac === undefined ? [] : formatMac(mac);
      const isOfFamily = ip !== undefined && field.kind === `ipv${ip.address.family}`;
      return isOfFamily ? `${formatIpAddress(ip.address)}/${ip.length}` : [];
    });
    const hosts = members.flatMap(({ host, iface, workload }) => {
      const isReference = host !== undefined || iface !== undefined || workload !== undefined;
      return isReference ? [defined({ host, iface, workload })] : [];
    });
    if (members.length > 0 && texts.length + hosts.length === 0) {
      const what = `group "${id}" has no member with a value of ${field.oxm}`;
      problems.push({ path, what, remedy: "add one, or filter on another field" });
    }
    return { texts, hosts };
  }
}
