// SPDX-License-Identifier: Apache-2.0
import type { Steps } from "../../lang/steps.ts";
import type { HeldVlanChange } from "../../policy/index.ts";
import type { Reconciler } from "../../reconcile/index.ts";
import type { Clock } from "../../runtime/clock.ts";
import type { Logger } from "../../runtime/logger.ts";
import { attemptStore } from "../../runtime/store-attempt.ts";
import { within } from "../../runtime/within.ts";
import type { Compilation, DesiredDelta } from "./compilation.ts";
import { vlansUsedBy } from "./vlans-used-by.ts";

/** Stores which VLAN ids are held for which monitors. */
export interface TapVlanStore {
  /** Makes all changes or none; resolves when they are durable. */
  write(changes: readonly HeldVlanChange[]): Promise<void>;
}

/** Dependencies of `TapVlanMemory`. */
interface TapVlanMemoryDeps {
  readonly compilation: Pick<Compilation, "holdNumbers" | "reclaimableVlans" | "freeingVlans">;
  readonly reconciler: Pick<Reconciler, "inspect">;
  readonly store: TapVlanStore;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** How long switches wait for a disk that does not answer, in milliseconds. */
const MOST_WAIT_MS = 1000;

/**
 * Keeps the VLAN id of each monitor, over a restart too, and frees ids that no switch uses any more when
 * others wait for one. So no id passes from one monitor to another while copies that carry it are made.
 *
 * An id is on disk before a switch is programmed with it. A disk that fails stops neither copies nor
 * production frames: the id is then used first and written as soon as the disk works.
 */
export class TapVlanMemory {
  readonly #deps: TapVlanMemoryDeps;
  /** By id: changes that are not on disk. */
  readonly #unwritten = new Map<number, string | undefined>();

  constructor(deps: TapVlanMemoryDeps) {
    this.#deps = deps;
  }

  /** Holds the ids that a compile has given out; waits until that is on disk. */
  *holding(): Steps<void> {
    const { compilation, clock } = this.#deps;
    const changes = compilation.holdNumbers();
    if (changes.length === 0) return;
    for (const { id, key } of changes) this.#unwritten.set(id, key);
    yield within(MOST_WAIT_MS, clock, () => this.#write());
  }

  /** Whether copies wait for an id that may become free. */
  get isShort(): boolean {
    return this.#deps.compilation.reclaimableVlans.length > 0;
  }

  /** Frees the ids that no switch uses any more; undefined: there are none. */
  *freeing(): Steps<DesiredDelta | undefined> {
    const { compilation, reconciler } = this.#deps;
    const free = new Map(compilation.reclaimableVlans.map(({ id, key }) => [id, key] as const));
    if (free.size === 0) return undefined;
    let isComplete = false;
    yield reconciler
      .inspect((flow) => {
        for (const id of vlansUsedBy(flow)) free.delete(id);
      })
      .then((all) => {
        isComplete = all;
      });
    if (!isComplete || free.size === 0) return undefined;
    return yield* compilation.freeingVlans([...free.values()]);
  }

  /** The disk takes writes again: writes what is not on it. */
  retry(): void {
    if (this.#unwritten.size > 0) void this.#write();
  }

  async #write(): Promise<void> {
    const { store, logger } = this.#deps;
    const changes = [...this.#unwritten].map(([id, key]) => ({ id, key }));
    const written = await attemptStore(() => store.write(changes));
    if (!written.ok) {
      const why = written.refusal.detail;
      logger.error(
        { why },
        "VLAN ids of monitors are in use but not on disk: they are written later",
      );
      return;
    }
    for (const { id, key } of changes) {
      if (this.#unwritten.get(id) === key) this.#unwritten.delete(id);
    }
  }
}
