// SPDX-License-Identifier: Apache-2.0
import { admissionOf, isProgrammed } from "./admission.ts";
import type { TopologyFacts } from "./build-topology.ts";
import { configIndex } from "./config-index.ts";
import type { JsonProblem } from "./files/json-document.ts";
import type { HostConfig } from "./model.ts";

/** What of a host that is added at run time contradicts the files, other added hosts or the switches. */
export function contradictions(
  host: HostConfig,
  { config, admission, apiNames, live }: TopologyFacts,
): JsonProblem[] {
  const problems: JsonProblem[] = [];
  const say = (key: string, what: string, remedy: string) => {
    problems.push({ path: [key], what, remedy });
  };
  const files = configIndex(config);
  const fileHost = files.hosts.get(host.mac);
  if (fileHost) {
    say("mac", "a topology file has a host with this MAC address", "change it in the file");
  }
  const owner = host.name === undefined ? undefined : apiNames.get(host.name);
  const isNameInFile =
    host.name !== undefined && files.names.has(host.name) && fileHost?.name !== host.name;
  if (isNameInFile || (owner !== undefined && owner !== host.mac)) {
    say("name", `another host is named "${host.name}"`, "choose another name");
  }
  const isInFile = files.switches.has(host.dpid);
  const admitted = admissionOf(host.dpid, isInFile, admission);
  if (!isProgrammed(admitted)) {
    say(
      "switch",
      `switch ${host.dpid} is not programmed: ${admitted.why}`,
      "add it to a topology file",
    );
  } else if (!isInFile && !live.has(host.dpid)) {
    say("switch", `switch ${host.dpid} has never connected`, "check its datapath id");
  }
  if (files.hasLinkAt(host)) {
    say(
      "port",
      `port ${host.port} is the end of a link`,
      "give the port that the host is attached to",
    );
  }
  return problems;
}
