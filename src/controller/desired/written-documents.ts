// SPDX-License-Identifier: Apache-2.0

import { defined } from "../../lang/defined.ts";
import type { PolicyId } from "../../policy/index.ts";
import type { Logger } from "../../runtime/logger.ts";
import type { EventBus } from "../events.ts";
import type { WrittenDocuments } from "../policies/document-change.ts";
import type { GroupEntry, GroupRegistry } from "../policies/group-registry.ts";
import {
  idOf,
  type KnownPolicy,
  type PolicyEntry,
  type PolicyRegistry,
} from "../policies/policy-registry.ts";
import type { TapSuspension } from "../suspension/index.ts";
import { groupView } from "../views/group-view.ts";
import { writtenPolicyView } from "../views/policy-view.ts";

/** Where written documents are registered and published. */
interface WrittenDocumentsDeps {
  readonly registry: PolicyRegistry;
  readonly groups: GroupRegistry;
  readonly suspension: { readonly writes: Pick<TapSuspension["writes"], "forgetPolicy"> };
  readonly events: EventBus;
  readonly logger: Logger;
}

/** Logs a change with the user who asked for it. */
type ChangeLog = (fields: Readonly<Record<string, unknown>>, what: string) => void;

type Registering = Omit<WrittenDocumentsDeps, "logger"> & { readonly log: ChangeLog };

/**
 * Registers and publishes what a write has changed on disk; returns the policies to compile. `user`: who asked
 * for it.
 */
export function registerWritten(
  { logger, ...rest }: WrittenDocumentsDeps,
  change: WrittenDocuments,
  user?: string,
): PolicyId[] {
  const log: ChangeLog = (fields, what) => logger.info({ ...fields, ...defined({ user }) }, what);
  const deps = { ...rest, log };
  const { policies = [], deletedPolicies = [], groups = [], deletedGroups = [] } = change;
  const { valid = [], invalid = [], revived } = change.users ?? {};
  for (const { entry, before } of groups) registerGroup(deps, entry, before);
  for (const each of valid) deps.registry.set(each);
  for (const each of invalid) deps.registry.setInvalid(each);
  for (const id of revived?.keys() ?? []) {
    logger.info({ policy: id }, "a stored policy fits the groups that it names again");
  }
  for (const { entry, before } of policies) registerPolicy(deps, entry, before);
  for (const old of deletedPolicies) forgetPolicy(deps, old);
  for (const old of deletedGroups) forgetGroup(deps, old);
  return [
    ...policies.map(({ entry }) => entry.policy.id),
    ...valid.map(({ policy }) => policy.id),
    ...deletedPolicies.map(idOf),
  ];
}

function registerPolicy(
  { registry, suspension, events, log }: Registering,
  entry: PolicyEntry,
  before: KnownPolicy | undefined,
): void {
  const { policy, revision, origin } = entry;
  registry.set(entry);
  const written = { id: policy.id, revision, origin, new: writtenPolicyView(entry) };
  events.publish(
    before
      ? { type: "policyReplaced", ...written, old: writtenPolicyView(before) }
      : { type: "policyCreated", ...written },
  );
  log({ policy: policy.id, revision }, before ? "policy replaced" : "policy created");
  // The drop guard suspended the previous version of the policy.
  suspension.writes.forgetPolicy(policy.id);
}

function forgetPolicy({ registry, suspension, events, log }: Registering, old: KnownPolicy): void {
  const id = idOf(old);
  registry.delete(id);
  suspension.writes.forgetPolicy(id);
  events.publish({ type: "policyDeleted", id, old: writtenPolicyView(old) });
  log({ policy: id }, "policy deleted");
}

function registerGroup(
  { groups, events, log }: Registering,
  entry: GroupEntry,
  before: GroupEntry | undefined,
): void {
  const { id } = entry.group;
  groups.set(entry);
  const old = before === undefined ? {} : { old: groupView(before) };
  events.publish({ type: "groupChanged", id, ...old, new: groupView(entry) });
  const what = before ? "group replaced" : "group created";
  log({ group: id, revision: entry.revision }, what);
}

function forgetGroup({ groups, events, log }: Registering, old: GroupEntry): void {
  const { id } = old.group;
  groups.delete(id);
  events.publish({ type: "groupChanged", id, old: groupView(old) });
  log({ group: id }, "group deleted");
}
