// SPDX-License-Identifier: Apache-2.0
import { defined } from "../../lang/defined.ts";
import { type FileGroup, type GroupId, parseGroup } from "../../policy/index.ts";
import type { Logger } from "../../runtime/logger.ts";
import { jsonPointer } from "../../topology/index.ts";
import { type DocumentStore, storedOrigin } from "./document-store.ts";
import type { GroupEntry } from "./group-registry.ts";

/** Dependencies of `loadGroups`. */
interface LoadGroupsDeps {
  readonly files: readonly FileGroup[];
  readonly store: DocumentStore;
  readonly logger: Logger;
  /** Time of the start, ISO 8601 in UTC: the creation time of groups from files. */
  readonly startedAt: string;
}

/** The groups at the start. */
interface LoadedGroups {
  readonly entries: readonly GroupEntry[];
  /** Ids of stored groups that files define, too: to be deleted after a successful start. */
  readonly replaced: readonly string[];
}

/** The groups of files and of the store; for an id that both have, the file's. */
export async function loadGroups(sources: LoadGroupsDeps): Promise<LoadedGroups> {
  const { files, store, logger, startedAt: at } = sources;
  const entries = new Map<GroupId, GroupEntry>();
  const replaced: string[] = [];
  for (const { group, document, file } of files) {
    const origin = { kind: "file", file } as const;
    entries.set(group.id, { group, document, origin, revision: 0, createdAt: at, updatedAt: at });
  }
  for (const { id, document, set, ...rest } of await store.load()) {
    const owner = entries.get(id as GroupId)?.origin;
    if (owner?.kind === "file") {
      replaced.push(id);
      const what = "a group from a file replaces the stored one of the same id";
      logger.warn({ group: id, file: owner.file, stored: document }, what);
      continue;
    }
    const parsed = parseGroup(document);
    if (parsed.ok) {
      const { group } = parsed.value;
      const origin = storedOrigin(defined({ set }));
      entries.set(group.id, { group, document, origin, ...rest });
      continue;
    }
    const why = parsed.problems.map(({ path, what }) => `${jsonPointer(path)}: ${what}`);
    const what = "a stored group is no longer valid: policies that name it are not in effect";
    logger.error({ group: id, why }, what);
  }
  return { entries: [...entries.values()], replaced };
}
