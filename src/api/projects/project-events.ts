// SPDX-License-Identifier: Apache-2.0
import type { ControllerEvent } from "../../contract/events.ts";
import { isOfProject } from "../../policy/index.ts";

/**
 * Whether an event is of a project: of its policies, groups and hosts, and of taps as a whole.
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
      return isOwn(event.id);
    case "groupChanged":
      return isOfProject(event.id, project);
    case "hostChanged":
      return [event.old, event.new].every((host) => !host || host.project === project);
    default:
      return false;
  }
}
