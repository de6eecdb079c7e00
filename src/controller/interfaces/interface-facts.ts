// SPDX-License-Identifier: Apache-2.0
import type { IpAddress } from "../../topology/index.ts";

/** What a source states about an interface; what is absent it does not state. */
export interface InterfaceFacts {
  readonly mac?: number;
  readonly ips?: readonly IpAddress[];
  /** The name of the host. */
  readonly name?: string;
  readonly workloads?: readonly string[];
  /** Names of the workload that its tenant chooses. */
  readonly labels?: readonly string[];
  readonly project?: string;
  /** The name of the virtual network. */
  readonly network?: string;
  /** The `system-id` of the hypervisor where it is. */
  readonly system?: string;
  /** Every hypervisor has it, so it is nowhere in particular. */
  readonly isEverywhere?: true;
}

/**
 * What several sources state together, those that take precedence first. Each member is that of the first source that
 * states it; the names of a workload are those of all.
 */
export function combinedFacts(sources: readonly InterfaceFacts[]): InterfaceFacts {
  const facts: InterfaceFacts = Object.assign({}, ...[...sources].reverse());
  const names = (key: "workloads" | "labels") => [
    ...new Set(sources.flatMap((each) => each[key] ?? [])),
  ];
  return { ...facts, workloads: names("workloads"), labels: names("labels") };
}

/** A text that is equal for equal values. */
export function textOf(value: object): string {
  const readable = (_: string, each: unknown) => (typeof each === "bigint" ? `${each}n` : each);
  return JSON.stringify(value, readable);
}
