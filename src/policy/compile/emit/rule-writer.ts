// SPDX-License-Identifier: Apache-2.0
import {
  type ActionSpec,
  Band,
  type BucketSpec,
  type FlowKey,
  type FlowSpec,
  TAP_TABLE,
} from "../../../flow-model/index.ts";
import { canonicalMatch, type OxmField } from "../../../openflow/index.ts";
import type { Dpid } from "../../../topology/index.ts";
import type { Region } from "../../match-region/region.ts";
import { toMatch } from "../../match-region/to-match.ts";
import type { Copy } from "../overlap/copy.ts";
import type { ElementActions } from "../overlap/element-actions.ts";
import { precedesOriginal } from "./bucket-order.ts";
import { CopyBuckets, type CopyResources, type EmitDeps } from "./copy-buckets.ts";

/**
 * The flow actions compiled from an element's actions. The rules of a switch with equal element
 * actions share them: policies for one pair of hosts and one monitor may have dozens.
 */
interface RuleBody {
  readonly elementActions: ElementActions;
  readonly actions: readonly ActionSpec[];
  /** The bucket of each copy, the first one if it has several; absent when none could be made. */
  readonly buckets: ReadonlyMap<Copy, BucketSpec>;
  /** The resources that the copies have acquired, in the order of the copies. */
  readonly resources: readonly CopyResources[];
  /** How many rules share it. */
  users: number;
  /** A path or number that it uses changed: every rule with this body must be written again. */
  isOutdated: boolean;
}

/** What would become of a rule's frames without it; as in `FlowSpec`. */
export interface Surroundings {
  readonly shields: boolean;
  readonly takesOver: readonly string[];
}

/** A rewriting rule that is in the tables. */
export interface Rule {
  readonly body: RuleBody;
  readonly flow: FlowSpec;
  readonly key: FlowKey;
}

/** The switch of the rules. */
interface RulesAt {
  readonly dpid: Dpid;
  /** What their matches have besides the frames. */
  readonly unmarked: OxmField | undefined;
  /** The switch forwards originals; otherwise its rules make copies alone. */
  readonly hasOriginals: boolean;
}

/** Writes the rewriting rules of one switch, and the rules that they need elsewhere. */
export class RuleWriter {
  readonly #dpid: Dpid;
  readonly #at: RulesAt;
  readonly #deps: EmitDeps;
  readonly #copies: CopyBuckets;
  /** By the key of the element actions. */
  readonly #bodies = new Map<string, RuleBody>();
  readonly #lacking = new Set<RuleBody>();

  constructor(at: RulesAt, deps: EmitDeps) {
    const { dpid } = at;
    this.#dpid = dpid;
    this.#at = at;
    this.#deps = deps;
    this.#copies = new CopyBuckets(dpid, deps);
  }

  /** The bodies in use with copies for which no number is free. */
  get lacking(): ReadonlySet<RuleBody> {
    return this.#lacking;
  }

  /** The equal element actions that rules already use, if there are any; saves memory. */
  known(elementActions: ElementActions): ElementActions {
    return this.#bodies.get(elementActions.key)?.elementActions ?? elementActions;
  }

  /** Writes a rule. */
  write(region: Region, elementActions: ElementActions, surroundings: Surroundings): Rule {
    const { shields, takesOver } = surroundings;
    const body = this.#acquireBody(elementActions);
    const { unmarked } = this.#at;
    const frames = toMatch(region);
    const flow: FlowSpec = {
      table: TAP_TABLE,
      priority: Band.rewriting + region.bits,
      match: unmarked === undefined ? frames : canonicalMatch([...frames, unmarked]),
      category: "rewriting",
      actions: body.actions,
      ...(shields ? { shields } : {}),
      ...(takesOver.length > 0 ? { takesOver } : {}),
    };
    const key = this.#deps.tables.set(this.#dpid, flow);
    return { body, flow, key };
  }

  /** Removes a rule. Call it after the replacement is written, so that shared resources stay. */
  withdraw({ body, flow }: Rule): void {
    this.#releaseBody(body);
    this.#deps.tables.deleteFlow(this.#dpid, flow);
  }

  /** Marks bodies with affected resources as outdated; whether there are any. */
  outdate(isAffected: (resources: CopyResources) => boolean): boolean {
    let found = false;
    for (const body of this.#bodies.values()) {
      if (!body.resources.some(isAffected)) continue;
      body.isOutdated = true;
      found = true;
    }
    return found;
  }

  /** Acquires the body of element actions for one more rule. */
  #acquireBody(elementActions: ElementActions): RuleBody {
    let body = this.#bodies.get(elementActions.key);
    if (body === undefined || body.isOutdated) {
      body = this.#buildBody(elementActions);
      this.#bodies.set(elementActions.key, body);
    }
    body.users++;
    return body;
  }

  #buildBody(elementActions: ElementActions): RuleBody {
    const resources: CopyResources[] = [];
    const firstOf = new Map<Copy, BucketSpec>();
    const original: BucketSpec = { role: "original", actions: elementActions.original };
    const before: BucketSpec[] = [];
    const after: BucketSpec[] = [];
    for (const copy of elementActions.copies) {
      const made = this.#copies.make(copy, resources);
      if (made[0] !== undefined) firstOf.set(copy, made[0]);
      (precedesOriginal(copy, elementActions.original) ? before : after).push(...made);
    }
    const originals = this.#at.hasOriginals ? [original] : [];
    const actions: readonly ActionSpec[] =
      firstOf.size === 0
        ? elementActions.original
        : [{ type: "useGroup", group: { buckets: [...before, ...originals, ...after] } }];
    const state = { users: 0, isOutdated: false };
    const body: RuleBody = { elementActions, actions, buckets: firstOf, resources, ...state };
    if (resources.some(({ lacksNumber }) => lacksNumber)) this.#lacking.add(body);
    return body;
  }

  #releaseBody(body: RuleBody): void {
    body.users--;
    if (body.users > 0) return;
    const { key } = body.elementActions;
    if (this.#bodies.get(key) === body) this.#bodies.delete(key);
    this.#lacking.delete(body);
    this.#copies.release(body.resources);
  }
}
