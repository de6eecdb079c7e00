// SPDX-License-Identifier: Apache-2.0
import { defined } from "../../lang/defined.ts";
import type { PORT_BINDING, RowOf } from "../../ovsdb/index.ts";
import type { InterfaceFacts } from "./interface-facts.ts";
import { addressesIn, hostMac, isProject, usable } from "./interface-mapping.ts";

type PortBinding = RowOf<typeof PORT_BINDING>;

/** The keys that Neutron writes. */
const [CIDRS, PROJECT] = ["neutron:cidrs", "neutron:project_id"];
/** Its value is `neutron-` and the id of the network. */
const NETWORK = "neutron:network_name";
/** Tenants choose both: they are no more than labels. */
const LABELS = ["neutron:device_id", "neutron:port_name"];

/**
 * What a port of OVN's Southbound database states about the interface whose `iface-id` is its name; undefined: it is
 * no interface of a workload.
 */
export function portBindingFacts(
  { type, mac: addresses, externalIds }: PortBinding,
  system: string | undefined,
): InterfaceFacts | undefined {
  // Each hypervisor has one, for the metadata of its workloads.
  if (type === "localport") return { isEverywhere: true };
  if (type !== "") return undefined;
  const texts = [...addresses].sort();
  const [mac] = texts.flatMap((text) => hostMac(text.split(" ", 1)[0] ?? "") ?? []);
  const ips = addressesIn([...texts, externalIds.get(CIDRS) ?? ""].join(" "));
  const project = externalIds.get(PROJECT) ?? "";
  const network = usable(externalIds.get(NETWORK) ?? "");
  const labels = LABELS.flatMap((key) => usable(externalIds.get(key) ?? "") ?? []);
  return {
    ...defined({ mac, system, network }),
    ...(ips.length > 0 && { ips }),
    ...(labels.length > 0 && { labels }),
    ...(isProject(project) && { project }),
  };
}
