// SPDX-License-Identifier: Apache-2.0
/** Where the user can do something about a reason. */
export interface Remedy {
  readonly label: string;
  readonly path: readonly string[];
  readonly query?: Readonly<Record<string, string>>;
}

/** Reasons are sentences for people: a word that none of these finds only means that no link is shown. */
const REMEDIES: readonly (readonly [RegExp, Remedy])[] = [
  [
    /\b(no place|not known|is unknown|no host)\b/i,
    { label: "Open the hosts", path: ["network", "hosts"] },
  ],
  [/\bnot connected\b/i, { label: "Open the switches", path: ["network", "switches"] }],
  [/\btapVlanRange\b/, { label: "See the settings", path: ["about"] }],
  [/\bsuspended\b/i, { label: "Open the events", path: ["events"], query: { q: "taps" } }],
];

export function remedyOf(reason: string): Remedy | undefined {
  return REMEDIES.find(([pattern]) => pattern.test(reason))?.[1];
}
