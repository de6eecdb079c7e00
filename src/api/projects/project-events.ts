// SPDX-License-Identifier: Apache-2.0
import { isDeepStrictEqual } from "node:util";
import type { ControllerEvent } from "../../contract/events.ts";
import type { HostView } from "../../contract/hosts.ts";
import type { LinkView } from "../../contract/links.ts";
import type { PolicyOrigin } from "../../contract/policies.ts";
import { isOfProject } from "../../policy/index.ts";
import { linkForProject } from "./network-cuts.ts";

/** What is a project's at present. */
export interface Belongings {
  readonly policy: (id: string) => boolean;
  /** A switch with ports or hosts of the project. */
  readonly switch: (dpid: string) => boolean;
  readonly port: (at: { readonly dpid: string; readonly port: number | string }) => boolean;
}

/**
 * An event as a project receives it; undefined: it is not of its policies, groups and hosts, nor of its part of the
 * network. What leaves the project is deleted for it, and what comes to it is created.
 */
export function eventFor(
  project: string,
  event: ControllerEvent,
  has: Belongings,
): ControllerEvent | undefined {
  switch (event.type) {
    case "policyCreated":
      return event.new.project === project
        ? { ...event, new: withOwnSet(event.new, project) }
        : undefined;
    case "policyReplaced":
      return replaced(project, event);
    case "policyDeleted":
      return event.old.project === project
        ? { ...event, old: withOwnSet(event.old, project) }
        : undefined;
    case "policyStatus":
    case "policyHealth":
    case "policyExpiring":
    case "policyExpired":
      return has.policy(event.id) ? event : undefined;
    case "groupChanged": {
      if (!isOfProject(event.id, project)) return undefined;
      const old = event.old && { old: withOwnSet(event.old, project) };
      return { ...event, ...old, ...(event.new && { new: withOwnSet(event.new, project) }) };
    }
    case "hostChanged":
      return hostChanged(project, event);
    case "tapsSuspended":
    case "tapsResumed":
      return event.project === project ? event : undefined;
    case "switchConnected":
    case "switchDisconnected":
    case "switchChanged":
    case "switchForgotten":
      return switchEvent(project, event, has);
    case "portChanged":
      return has.port({ dpid: event.dpid, port: (event.new ?? event.old)?.port ?? "" })
        ? event
        : undefined;
    case "linkChanged":
      return linkChanged(event, has);
    case "roleChanged":
    case "switchDatabase":
    case "entriesRefused":
    case "entriesOverridden":
    case "markRead":
    case "switchRepaired":
    case "forgedFrames":
    case "probeRejected":
    case "rerouted":
    case "hostConflict":
    case "auditHead":
      return undefined;
    default:
      return event satisfies never;
  }
}

type EventOf<Type extends ControllerEvent["type"]> = Extract<ControllerEvent, { type: Type }>;

function replaced(project: string, event: EventOf<"policyReplaced">): ControllerEvent | undefined {
  const { id, revision, origin } = event;
  const [was, is] = [event.old.project === project, event.new.project === project];
  const old = withOwnSet(event.old, project);
  const now = withOwnSet(event.new, project);
  if (was && is) return { ...event, old, new: now };
  if (is) return { type: "policyCreated", id, revision, origin, new: now };
  return was ? { type: "policyDeleted", id, old } : undefined;
}

function hostChanged(project: string, event: EventOf<"hostChanged">): ControllerEvent | undefined {
  const own = (host: HostView | undefined) =>
    host?.project === project ? withoutConflicts(host) : undefined;
  const [old, now] = [own(event.old), own(event.new)];
  if (!old && !now) return undefined;
  return { type: "hostChanged", ...(old && { old }), ...(now && { new: now }) };
}

/** Why a session has ended may name addresses of the switch, or of others. */
const ENDED = "the session has ended";

/** A switch as `GET /switches` shows it to the project: without its session. */
function switchEvent(
  project: string,
  event: EventOf<"switchConnected" | "switchDisconnected" | "switchChanged" | "switchForgotten">,
  has: Belongings,
): ControllerEvent | undefined {
  const { dpid, switch: name } = event;
  const was = "old" in event && event.old?.project === project;
  const is = has.switch(dpid);
  switch (event.type) {
    case "switchConnected":
      return is ? { type: event.type, dpid, switch: name } : undefined;
    case "switchDisconnected":
      return is ? { type: event.type, dpid, switch: name, reason: ENDED } : undefined;
    case "switchForgotten":
      return is || was ? event : undefined;
    case "switchChanged": {
      if (!is) {
        return was && event.old
          ? { type: "switchForgotten", dpid, switch: name, old: event.old }
          : undefined;
      }
      const { old, ...rest } = event;
      // Before, it was another project's, and what it was then is not for this one.
      const isOther = old?.project !== undefined && !was;
      return isOther ? rest : event;
    }
    default:
      return event satisfies never;
  }
}

/** A link whose ends are both ports of the project, on each side that has them. */
function linkChanged(event: EventOf<"linkChanged">, has: Belongings): ControllerEvent | undefined {
  const own = (link: LinkView | undefined) =>
    link && has.port(link.a) && has.port(link.b) ? linkForProject(link) : undefined;
  const [old, now] = [own(event.old), own(event.new)];
  if (!old && !now) return undefined;
  // What is different may be at ports of others alone: what contradicts the link.
  if (isDeepStrictEqual(old, now)) return undefined;
  return { type: "linkChanged", ...(old && { old }), ...(now && { new: now }) };
}

/** A host without the contradictions about it: they name other hosts and their places. */
export function withoutConflicts({ conflicts: _, ...host }: HostView): HostView {
  return host;
}

/** What a project has written, with the name of its set as the project has given it. */
export function withOwnSet<T extends { readonly origin: PolicyOrigin }>(
  written: T,
  project: string,
): T {
  const { origin } = written;
  if (origin.kind !== "api" || origin.set === undefined) return written;
  return { ...written, origin: { ...origin, set: ownSetName(origin.set, project) } };
}

/** The name of a set as the project that applied it has given it. */
export function ownSetName(set: string, project: string): string {
  const prefix = `${project}/`;
  return set.startsWith(prefix) ? set.slice(prefix.length) : set;
}
