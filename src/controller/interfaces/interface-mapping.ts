// SPDX-License-Identifier: Apache-2.0
import { isGroupMac, parseMac } from "../../openflow/index.ts";
import { type IpAddress, parseIpAddress, projectText } from "../../topology/index.ts";
import type { InterfaceFacts } from "./interface-facts.ts";

/**
 * Which keys of `external_ids` say what of an interface. A text is a key, or a template of keys in braces, which counts
 * where all of them are there.
 */
export interface InterfaceMapping {
  /** The first that is there is the name of the interface. */
  readonly iface: readonly string[];
  readonly mac: readonly string[];
  /** All that are there are names of its workload. */
  readonly workload: readonly string[];
  readonly project: readonly string[];
  /** Addresses, with spaces or commas between them. */
  readonly ips: readonly string[];
}

/** The keys that OpenStack, libvirt, OVN-Kubernetes, Kube-OVN and Antrea write; see docs/ovsdb.md. */
export const DEFAULT_MAPPING: InterfaceMapping = {
  iface: ["iface-id", "container-id"],
  mac: ["attached-mac", "attached_mac"],
  workload: ["vm-uuid", "vm-id", "{pod_namespace}/{pod_name}", "{pod-namespace}/{pod-name}"],
  project: [],
  ips: ["ip", "ip-address", "ip_addresses"],
};

type ExternalIds = ReadonlyMap<string, string>;

/** Most characters of a name. */
const MOST_CHARACTERS = 320;
const MOST_IPS = 64;

/** The name of an interface; undefined: it has none. */
export function ifaceOf(ids: ExternalIds, { iface }: InterfaceMapping): string | undefined {
  return namesIn(ids, iface)[0];
}

/** What the keys of an interface say of it. */
export function factsOf(ids: ExternalIds, mapping: InterfaceMapping): InterfaceFacts {
  const [mac] = namesIn(ids, mapping.mac).flatMap((text) => hostMac(text) ?? []);
  const project = namesIn(ids, mapping.project).find(isProject);
  const workloads = namesIn(ids, mapping.workload);
  const ips = addressesIn(namesIn(ids, mapping.ips).join(" "));
  return {
    ...(mac !== undefined && { mac }),
    ...(ips.length > 0 && { ips }),
    ...(workloads.length > 0 && { workloads }),
    ...(project !== undefined && { project }),
  };
}

/** Whether a project can have this name. */
export function isProject(name: string): boolean {
  return projectText.safeParse(name).success;
}

/** A MAC address of one device; undefined: the text is none. */
export function hostMac(text: string): number | undefined {
  const mac = parseMac(text);
  const isDevice = mac !== undefined && mac !== 0 && !isGroupMac(mac);
  return isDevice ? mac : undefined;
}

/** The addresses in a text, each once, without lengths of prefixes. */
export function addressesIn(text: string): readonly IpAddress[] {
  const found = new Map<string, IpAddress>();
  for (const word of text.split(/[\s,]+/)) {
    const address = parseIpAddress(word.replace(/\/\d{1,3}$/, ""));
    if (address) found.set(`${address.family} ${address.value}`, address);
    if (found.size >= MOST_IPS) break;
  }
  return [...found.values()];
}

function namesIn(ids: ExternalIds, texts: readonly string[]): readonly string[] {
  const found = texts.flatMap((text) => filled(ids, text) ?? []);
  return [...new Set(found)];
}

function filled(ids: ExternalIds, text: string): string | undefined {
  if (!text.includes("{")) return usable(ids.get(text) ?? "");
  const keys = [...text.matchAll(/\{([^{}]+)\}/g)].map(([, key = ""]) => key);
  if (keys.some((key) => !ids.get(key))) return undefined;
  return usable(text.replace(/\{([^{}]+)\}/g, (_, key: string) => ids.get(key) ?? ""));
}

/** A name of an interface or a workload as it is written; undefined: empty, or too long. */
export function usable(name: string): string | undefined {
  return name === "" || name.length > MOST_CHARACTERS ? undefined : name;
}
