// SPDX-License-Identifier: Apache-2.0
import type { HostView } from "../../contract/hosts.ts";
import type { SwitchView } from "../../contract/switches.ts";

/** What is shown of a policy that the controller has found. */
interface FoundPolicy {
  readonly id: string;
  readonly name: string;
  readonly state: string;
}

/** Something that the search has found. */
export interface Hit {
  readonly kind: "policy" | "host" | "switch" | "screen";
  readonly label: string;
  readonly note: string;
  readonly path: readonly string[];
  readonly query?: Readonly<Record<string, string>>;
}

interface Searched {
  /** Those that contain the text: the controller has searched them. */
  readonly policies: Iterable<FoundPolicy>;
  readonly hosts: Iterable<HostView>;
  readonly switches: Iterable<SwitchView>;
  readonly screens: Iterable<{ readonly name: string; readonly label: string }>;
}

/** Most hits of one kind. */
export const MOST = 6;

/** The text as words of the controller's search; undefined: there is nothing to search for. */
export function policyWords(text: string): string | undefined {
  const words = text
    .trim()
    .split(/\s+/)
    .map((word) => word.replace(/^-+/, ""));
  return words.join(" ") || undefined;
}

/** Policies, hosts, switches and screens that contain a text; those that begin with it come first. */
export function search(text: string, { policies, hosts, switches, screens }: Searched): Hit[] {
  const asked = text.trim().toLowerCase();
  if (asked === "") return [];
  const ranked = <T>(
    items: Iterable<T>,
    textsOf: (item: T) => readonly string[],
    hitOf: (item: T) => Hit,
  ): Hit[] => {
    const found: { readonly rank: number; readonly hit: Hit }[] = [];
    for (const item of items) {
      const ranks = textsOf(item)
        .map((each) => each.toLowerCase().indexOf(asked))
        .filter((at) => at >= 0);
      if (ranks.length > 0) found.push({ rank: Math.min(...ranks), hit: hitOf(item) });
    }
    found.sort((a, b) => a.rank - b.rank);
    return found.slice(0, MOST).map(({ hit }) => hit);
  };
  return [
    ...ranked(
      screens,
      ({ label }) => [label],
      ({ name, label }) => ({ kind: "screen", label, note: "screen", path: [name] }),
    ),
    ...Array.from(
      policies,
      ({ id, name, state }): Hit => ({
        ...{ kind: "policy", label: id, note: [name, state].filter(Boolean).join(" · ") },
        path: ["policies", id],
      }),
    ),
    ...ranked(
      hosts,
      ({ name = "", mac, ips }) => [name, mac, ...ips],
      ({ name, mac, ips, switch: at, port }) => ({
        ...{
          kind: "host",
          label: name ?? mac,
          note: [ips[0], `${at}:${port}`].filter(Boolean).join(" · "),
        },
        ...{ path: ["network", "hosts"], query: { q: name ?? mac } },
      }),
    ),
    ...ranked(
      switches,
      ({ name, dpid }) => [name, dpid],
      ({ name, dpid, connected }) => ({
        ...{ kind: "switch", label: name, note: connected ? "connected" : "not connected" },
        path: ["network", "switches", dpid],
      }),
    ),
  ];
}
