// SPDX-License-Identifier: Apache-2.0
import type { LinkView } from "../../contract/links.ts";
import type { PolicyHealth, PolicyState } from "../../contract/policies.ts";
import type { LiveEvent } from "../data/live-state.ts";
import { plural } from "../ui/format.ts";

/** An event in words. */
export interface EventText {
  readonly tone: "good" | "warn" | "bad" | "muted" | "info";
  readonly glyph: string;
  /** What it is about: a policy, a switch, a link. */
  readonly object: string;
  /** Where the object is shown; absent: nowhere, or no more. */
  readonly path?: readonly string[];
  readonly text: string;
}

interface End {
  readonly switch: string;
  readonly port: number | string;
}

const end = (at: End | undefined) => (at ? `${at.switch}:${at.port}` : "?");

const policyOf = (id: string) => ({ object: id, path: ["policies", id] });

const switchOf = (event: { readonly switch: string; readonly dpid: string }) => ({
  object: event.switch,
  path: ["network", "switches", event.dpid],
});

type Tone = EventText["tone"];

const STATE_TONES: Readonly<Record<PolicyState, Tone>> = {
  ...{ active: "good", degraded: "warn", error: "bad", pending: "info" },
  ...{ disabled: "muted", expired: "muted", suspended: "warn" },
};

const HEALTH_TONES: Readonly<Record<PolicyHealth["state"], Tone>> = {
  healthy: "good",
  degraded: "warn",
  failing: "bad",
  unknown: "muted",
} as const;

/** What an event says, in one line. */
export function eventText(event: LiveEvent): EventText {
  switch (event.type) {
    case "gap":
      return plain("warn", "⋯", "events", "events were missed: everything was read again");
    case "policyCreated":
      return { ...plainly("info", "+", "was created"), ...policyOf(event.id) };
    case "policyReplaced":
      return {
        ...plainly(
          "info",
          "✎",
          `was changed: revision ${event.old.revision} → ${event.new.revision}`,
        ),
        ...policyOf(event.id),
      };
    case "policyDeleted":
      return plain("muted", "−", event.id, "was deleted");
    case "policyStatus": {
      const { old, new: now } = event;
      const change = old && old.state !== now.state ? `${old.state} → ${now.state}` : now.state;
      const why = now.reasons[0] === undefined ? "" : `: ${now.reasons[0]}`;
      return { ...plainly(STATE_TONES[now.state], "●", `${change}${why}`), ...policyOf(event.id) };
    }
    case "policyHealth": {
      const { old, new: now } = event;
      const why = now.because[0] === undefined ? "" : `: ${now.because[0]}`;
      const text = `delivery ${old ? `${old.state} → ` : ""}${now.state}${why}`;
      return { ...plainly(HEALTH_TONES[now.state], "◇", text), ...policyOf(event.id) };
    }
    case "policyExpiring":
      return { ...plainly("warn", "◷", `ends at ${event.endsAt}`), ...policyOf(event.id) };
    case "policyExpired":
      return { ...plainly("muted", "◷", "has ended"), ...policyOf(event.id) };
    case "groupChanged":
      return plain("info", "✎", `@${event.id}`, writeWord(event, "group"));
    case "tapsSuspended":
      return plain("warn", "Ⅱ", "all copies", `suspended${by(event)}`);
    case "tapsResumed":
      return plain("good", "▶", "all copies", `resumed${by(event)}`);
    default:
      return networkText(event);
  }
}

type NetworkEvent = Exclude<
  LiveEvent,
  { readonly type: "gap" | `policy${string}` | "groupChanged" | `taps${string}` }
>;

function networkText(event: NetworkEvent): EventText {
  switch (event.type) {
    case "switchConnected":
      return {
        ...plainly("good", "●", `connected from ${event.address ?? "?"}`),
        ...switchOf(event),
      };
    case "switchDisconnected":
      return { ...plainly("bad", "✕", `disconnected: ${event.reason}`), ...switchOf(event) };
    case "switchRepaired":
      return {
        ...plainly(
          "warn",
          "⚒",
          `differences repaired (${event.by}), ${event.policyCount} policies concerned`,
        ),
        ...switchOf(event),
      };
    case "entriesRefused":
      return { ...plainly("bad", "!", `refused entries: ${event.state}`), ...switchOf(event) };
    case "entriesOverridden":
      return {
        ...plainly("warn", "!", `entries of others take frames: ${event.state}`),
        ...switchOf(event),
      };
    case "markRead":
      return {
        ...plainly("bad", "!", `entries of others read the mark: ${event.state}`),
        ...switchOf(event),
      };
    case "forgedFrames":
      return {
        ...plainly("warn", "!", `${event.frames} forged copies dropped`),
        ...switchOf(event),
      };
    case "portChanged": {
      const port = event.new ?? event.old;
      const state = event.new === undefined ? "removed" : event.new.up ? "up" : "down";
      const tone = state === "up" ? "good" : "warn";
      return {
        ...plainly(tone, "▪", `port ${port?.name || port?.port} is ${state}`),
        ...switchOf(event),
      };
    }
    case "linkChanged":
      return linkText(event);
    case "rerouted":
      return plain(
        "info",
        "↷",
        plural(event.links.length, "link"),
        `changed: ways recomputed in ${event.recomputeMs} ms, confirmed in ${event.confirmMs} ms; ${plural(event.policies, "policy", "policies")}, ${plural(event.entries, "entry", "entries")} on ${plural(event.switches, "switch", "switches")}`,
      );
    case "hostChanged":
      return hostText(event);
    case "hostConflict":
      return plain("warn", "!", "host", `conflict ${event.state}: ${event.conflict.kind}`);
    case "auditHead":
      return plain("muted", "·", "audit", "head published");
    default:
      return { ...plainly("muted", "·", wordsOf(event.type)), ...switchOf(event) };
  }
}

function linkText({ old, new: now }: Extract<LiveEvent, { readonly type: "linkChanged" }>) {
  const link = now ?? old;
  const [before, after] = [old && conditionOf(old), now ? conditionOf(now) : "removed"];
  const changed = before === undefined ? [after] : [`${before} → ${after}`];
  const text = before === after && old && now ? linkChanges(old, now) : changed.join();
  return {
    ...plain(after === "up" ? "good" : "warn", "─", `${end(link?.a)} – ${end(link?.b)}`, text),
    path: ["network", "links"],
  };
}

/** A link that is sound is not used while one of its ports is down, or its switch is away. */
function conditionOf({ state, up }: LinkView): string {
  return state === "up" && !up ? "not used" : state;
}

/** What is different of a link whose condition is the same. */
function linkChanges(old: LinkView, now: LinkView): string {
  const cost = ({ weight, copyWeight = weight }: LinkView) =>
    copyWeight === weight ? `${weight}` : `${weight} (copies ${copyWeight})`;
  const origin = { file: "the topology file", discovered: "discovery" } as const;
  const changes = [
    old.direct === now.direct
      ? undefined
      : now.direct
        ? "no device is between its ends"
        : "no longer proven that no device is between its ends",
    cost(old) === cost(now) ? undefined : `cost ${cost(old)} → ${cost(now)}`,
    old.origin === now.origin ? undefined : `known from ${origin[now.origin]}`,
    old.problem === now.problem ? undefined : now.problem,
  ];
  const found = changes.filter((each) => each !== undefined);
  // The names of its switches or ports remain.
  return found.length > 0 ? found.join("; ") : "its ends have other names";
}

function hostText(event: Extract<LiveEvent, { readonly type: "hostChanged" }>): EventText {
  const { old, new: now } = event;
  const host = now ?? old;
  const moved = old && now && end(old) !== end(now) ? `moved ${end(old)} → ${end(now)}` : "changed";
  const text = !now ? "gone" : !old ? `seen at ${end(now)}` : moved;
  return {
    ...plain(now ? "info" : "muted", "•", host?.name ?? host?.mac ?? "?", text),
    path: ["network", "hosts"],
  };
}

function plainly(tone: Tone, glyph: string, text: string) {
  return { tone, glyph, text };
}

function plain(tone: Tone, glyph: string, object: string, text: string): EventText {
  return { tone, glyph, object, text };
}

function writeWord(
  event: { readonly old?: unknown; readonly new?: unknown },
  noun: string,
): string {
  if (event.old === undefined) return `${noun} was created`;
  return event.new === undefined ? `${noun} was deleted` : `${noun} was changed`;
}

function by(event: { readonly by?: string; readonly reason?: string }): string {
  return `${event.by === undefined ? "" : ` by ${event.by}`}${event.reason === undefined ? "" : `: ${event.reason}`}`;
}

/** `switchForgotten` as "switch forgotten". */
function wordsOf(type: string): string {
  return type.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}
