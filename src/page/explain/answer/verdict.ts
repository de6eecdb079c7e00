// SPDX-License-Identifier: Apache-2.0
/** An explanation in words. */
import type { Explanation } from "../../../contract/explain.ts";

type Copy = Explanation["copies"][number];
type Port = Explanation["originals"][number];
type Policy = Explanation["policies"][number];

/** The answer in a sentence; `tone` selects glyph and colour. */
export interface Verdict {
  readonly tone: "good" | "warning" | "none";
  readonly text: string;
}

/** Why a policy copies nothing, or not to all of its monitors. */
export interface WhyNot {
  readonly policy: string;
  readonly state: Policy["state"];
  readonly matches: boolean;
  readonly lines: readonly string[];
}

/** A place as a person names it: its hosts, or switch and port. */
export function placeName(port: Port): string {
  return port.hosts.length > 0 ? port.hosts.join(", ") : `${port.switch} port ${port.port}`;
}

/** How many copies arrive, whether they are bit-exact, and where. */
export function verdictOf(explanation: Explanation): Verdict {
  const { copies, policies } = explanation;
  if (copies.length > 0) {
    const tone = copies.every(({ bitExact, mayDrop }) => bitExact && !mayDrop) ? "good" : "warning";
    return { tone, text: `${copiesText(copies)}${lossText(copies)}.` };
  }
  const matching = policies.filter(({ matches }) => matches);
  if (matching.length === 0)
    return { tone: "none", text: "No copy: no policy selects this frame." };
  const names = listed(matching.map(({ id }) => id));
  const verb = matching.length === 1 ? "selects" : "select";
  const inEffect = matching.some(({ state }) => state === "active" || state === "degraded");
  const why = inEffect
    ? "see why below"
    : `${matching.length === 1 ? "it is" : "they are"} ${listed([...new Set(matching.map(({ state }) => state))])}`;
  return { tone: "warning", text: `No copy, although ${names} ${verb} this frame: ${why}.` };
}

function copiesText(copies: readonly Copy[]): string {
  const to = listed([...new Set(copies.map(placeName))].sort());
  const exact = copies.filter(({ bitExact }) => bitExact).length;
  if (copies.length === 1) return `1 copy, ${exact === 1 ? "bit-exact" : "altered"}, to ${to}`;
  const all = copies.length === 2 ? "both" : "all";
  const how =
    exact === copies.length
      ? `${all} bit-exact`
      : exact === 0
        ? `${all} altered`
        : `${exact} bit-exact, ${copies.length - exact} altered`;
  return `${copies.length} copies, ${how}, to ${to}`;
}

function lossText(copies: readonly Copy[]): string {
  const metered = copies.filter(({ mayDrop }) => mayDrop).length;
  if (metered === 0) return "";
  if (metered === copies.length) return ", unless a rate limit drops them";
  return `, ${metered} of them behind a rate limit`;
}

/** What happens to the original, in a sentence. */
export function originalText({ originals }: Explanation): string {
  if (originals.length === 0) return "The original leaves the network nowhere.";
  if (originals.length > 4) return `The original leaves at ${originals.length} ports.`;
  return `The original reaches ${listed(originals.map(placeName))}.`;
}

/** `a`, `a and b`, `a, b and c`. */
export function listed(words: readonly string[]): string {
  if (words.length < 2) return words[0] ?? "";
  return `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}

/** Policies that do not copy the frame to all of their monitors, and why; those that nearly do come first. */
export function whyNot({ policies }: Explanation): readonly WhyNot[] {
  return policies
    .map(({ id, state, matches, reason, monitors }) => ({
      policy: id,
      state,
      matches,
      lines: [
        ...(reason === undefined ? [] : [reason]),
        ...monitors
          .filter(({ copied }) => matches && !copied)
          .map((each) => `${each.monitor}: ${each.reason ?? "no copy"}`),
      ],
    }))
    .filter(({ lines }) => lines.length > 0)
    .sort((a, b) => Number(b.matches) - Number(a.matches));
}

/** Why the answer may differ from the network: the tables are not those that the switches hold. */
export function simulatedOnly({ installed, taken }: Explanation): readonly string[] {
  const state = {
    confirmed: [],
    pending: ["Switches have not confirmed all rules yet: this is what happens once they have."],
    refused: ["A switch refuses rules: this is what would happen if it took them."],
  }[installed.state];
  return [...state, ...installed.reasons, ...taken];
}
