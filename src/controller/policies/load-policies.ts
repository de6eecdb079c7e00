// SPDX-License-Identifier: Apache-2.0
import { defined } from "../../lang/defined.ts";
import { type FilePolicy, type Groups, type PolicyId, parsePolicy } from "../../policy/index.ts";
import { YieldTimer } from "../../runtime/index.ts";
import type { Logger } from "../../runtime/logger.ts";
import { type DocumentStore, storedOrigin } from "./document-store.ts";
import { type InvalidPolicy, invalidPolicy, type PolicyEntry } from "./policy-registry.ts";

/** Dependencies of `loadPolicies`. */
interface LoadPoliciesDeps {
  readonly files: readonly FilePolicy[];
  /** The groups that stored policies may name. */
  readonly groups: Groups;
  readonly store: DocumentStore;
  readonly logger: Logger;
  /** Time of the start, ISO 8601 in UTC: the creation time of policies from files. */
  readonly startedAt: string;
  /** Maximum number of match regions that the filters of a policy expand to; undefined: the default. */
  readonly ruleLimit: number | undefined;
}

/** The policies at the start. */
interface LoadedPolicies {
  readonly entries: readonly PolicyEntry[];
  /** Stored policies that are no longer valid: not in effect. */
  readonly invalid: readonly InvalidPolicy[];
  /** Ids of stored policies that files define, too: to be deleted after a successful start. */
  readonly replaced: readonly string[];
}

/** The policies of files and of the store; for an id that both have, the file's. */
export async function loadPolicies(sources: LoadPoliciesDeps): Promise<LoadedPolicies> {
  const { files, groups, store, logger, startedAt: at, ruleLimit } = sources;
  const entries = new Map<PolicyId, PolicyEntry>();
  const invalid: InvalidPolicy[] = [];
  const replaced: string[] = [];
  const turns = new YieldTimer();
  for (const { policy, document, file } of files) {
    if (turns.shouldYield) await turns.yieldNow();
    const origin = { kind: "file", file } as const;
    entries.set(policy.id, { policy, document, origin, revision: 0, createdAt: at, updatedAt: at });
  }
  for (const { id, document, set, ...rest } of await store.load()) {
    if (turns.shouldYield) await turns.yieldNow();
    const owner = entries.get(id as PolicyId)?.origin;
    if (owner?.kind === "file") {
      replaced.push(id);
      const what = "a policy from a file replaces the stored one of the same id";
      logger.warn({ policy: id, file: owner.file, stored: document }, what);
      continue;
    }
    const origin = storedOrigin(defined({ set }));
    const parsed = parsePolicy(document, [], ruleLimit, groups);
    if (parsed.ok) {
      entries.set(id as PolicyId, { ...parsed.value, origin, ...rest });
    } else {
      const stored = { id: id as PolicyId, document, origin, ...rest };
      const found = invalidPolicy(stored, parsed.problems);
      invalid.push(found);
      const what = "a stored policy is no longer valid and not in effect: replace or delete it";
      logger.error({ policy: id, why: found.reasons }, what);
    }
  }
  return { entries: [...entries.values()], invalid, replaced };
}
