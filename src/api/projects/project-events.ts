// SPDX-License-Identifier: Apache-2.0
import type { ControllerEvent } from "../../contract/events.ts";
import { isOfProject } from "../../policy/index.ts";

/**
 * Whether an event is of a project: of its policies, groups and hosts. The others are of the whole network.
 *
 * @param isOwn whether the policy with an id is the project's.
 */
export function isEventOf(
  project: string,
  event: ControllerEvent,
  isOwn: (id: string) => boolean,
): boolean {
  switch (event.type) {
    case "policyCreated":
      return event.new.project === project;
    case "policyReplaced":
      return event.new.project === project && event.old.project === project;
    case "policyDeleted":
      return event.old.project === project;
    case "policyStatus":
    case "policyHealth":
    case "policyExpiring":
    case "policyExpired":
      return isOwn(event.id);
    case "groupChanged":
      return isOfProject(event.id, project);
    case "hostChanged":
      return [event.old, event.new].every((host) => !host || host.project === project);
    case "tapsSuspended":
    case "tapsResumed":
    case "switchConnected":
    case "switchDisconnected":
    case "switchChanged":
    case "switchForgotten":
    case "roleChanged":
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
      return false;
    default:
      return event satisfies never;
  }
}
