// SPDX-License-Identifier: Apache-2.0
import type { IpAddress } from "../ip-address.ts";
import type { PortAt } from "../port-at.ts";

/** A network interface of a workload, by the name that its database gives it. */
export interface NamedInterface {
  /** The `iface-id`. */
  readonly iface: string;
  /** The names of its workload. */
  readonly workloads: readonly string[];
  /** Further names of its workload, which a tenant chooses: they do not decide where copies go. */
  readonly labels: readonly string[];
  /** Undefined: not known, and its port stands for it. */
  readonly mac: number | undefined;
  readonly ips: readonly IpAddress[];
  /** Where it is, or was last. Undefined: another interface has its last port now. */
  readonly at: PortAt | undefined;
  /** Whether a database shows it. */
  readonly isPresent: boolean;
}
