// SPDX-License-Identifier: Apache-2.0
import type { ControllerEvent } from "../../contract/events.ts";
import type { HostView } from "../../contract/hosts.ts";
import type { PolicyOrigin } from "../../contract/policies.ts";
import { isOfProject } from "../../policy/index.ts";

/**
 * An event as a project receives it; undefined: it is not of its policies, groups and hosts. What leaves the
 * project is deleted for it, and what comes to it is created.
 *
 * @param has whether the policy with an id is the project's.
 */
export function eventFor(
  project: string,
  event: ControllerEvent,
  has: (id: string) => boolean,
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
      return has(event.id) ? event : undefined;
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
    case "roleChanged":
    case "switchDatabase":
    case "entriesRefused":
    case "entriesOverridden":
    case "switchRepaired":
    case "forgedFrames":
    case "portChanged":
    case "probeRejected":
    case "linkChanged":
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
