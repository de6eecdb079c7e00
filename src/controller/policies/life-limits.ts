// SPDX-License-Identifier: Apache-2.0
import { defined } from "../../lang/defined.ts";
import { momentText, type ParsedPolicy } from "../../policy/index.ts";
import type { Checked, JsonPath } from "../../topology/index.ts";
import type { KnownPolicy } from "./policy-registry.ts";

const HOUR_MS = 3_600_000;

/** How long policies may be in effect that are written over REST, in milliseconds. */
export interface LifeLimitOptions {
  /** Absent: without a limit. */
  readonly maxMs?: number;
  /** For a policy that names no end; absent: none. */
  readonly defaultMs?: number;
  /** The roles whose policies may have any life; those of others have an end. Absent: no end is needed. */
  readonly unlimitedRoles?: readonly string[];
}

/** The role of clients of a server without authentication. */
const WITHOUT_AUTHENTICATION = "admin";

/** Gives policies that are written an end, and rejects those that are in effect for too long. */
export class LifeLimits {
  readonly #options: LifeLimitOptions;
  readonly #wallClock: () => number;

  /** @param wallClock milliseconds since 1970 */
  constructor(options: LifeLimitOptions, wallClock: () => number) {
    this.#options = options;
    this.#wallClock = wallClock;
  }

  /**
   * A policy as it is to be stored. Lives are counted from now, or from a start that is later.
   *
   * @param role that of the client that writes it; undefined: without authentication.
   */
  applied(
    parsed: ParsedPolicy,
    role: string | undefined,
    base: JsonPath = [],
  ): Checked<ParsedPolicy> {
    if (this.#isUnlimited(role)) return { ok: true, value: parsed };
    const { maxMs, defaultMs, unlimitedRoles } = this.#options;
    const { startsAt = Number.NEGATIVE_INFINITY, endsAt } = parsed.policy.lifetime ?? {};
    const from = Math.max(startsAt, this.#wallClock());
    if (endsAt === undefined && defaultMs !== undefined) {
      return { ok: true, value: withEnd(parsed, from + Math.min(defaultMs, maxMs ?? defaultMs)) };
    }
    const isTooLong = maxMs !== undefined && (endsAt ?? Number.POSITIVE_INFINITY) - from > maxMs;
    const lacksEnd = endsAt === undefined && unlimitedRoles !== undefined;
    if (!isTooLong && !lacksEnd) return { ok: true, value: parsed };
    const end = endsAt === undefined ? "never" : `at ${momentText(endsAt)}`;
    const limit =
      maxMs === undefined
        ? `unlimitedLifeRoles allows that to ${rolesText(unlimitedRoles)} only`
        : `maxPolicyLifeHours allows ${maxMs / HOUR_MS} h in effect`;
    const path = [...base, "expiresAt"];
    const upTo = maxMs === undefined ? "" : ` up to ${momentText(from + maxMs)}`;
    const remedy = `write a moment${upTo}`;
    return { ok: false, problems: [{ path, what: `it ends ${end}, but ${limit}`, remedy }] };
  }

  /**
   * As `applied`, for a policy of a set, which one of a file stays out of. Where the set names no end, a
   * stored policy keeps the one that it was given: applying the same set again changes nothing. It gets another
   * one if the set has it start at that end or later.
   */
  appliedAgain(
    parsed: ParsedPolicy,
    before: Pick<KnownPolicy, "document" | "origin"> | undefined,
    { role, base }: { readonly role: string | undefined; readonly base: JsonPath },
  ): Checked<ParsedPolicy> {
    if (before?.origin.kind === "file" || this.#isUnlimited(role)) {
      return { ok: true, value: parsed };
    }
    const { startsAt = Number.NEGATIVE_INFINITY, endsAt: stated } = parsed.policy.lifetime ?? {};
    const given =
      stated === undefined && this.#options.defaultMs !== undefined && before?.document.expiresAt;
    const endsAt = typeof given === "string" ? Date.parse(given) : Number.NaN;
    if (endsAt > startsAt) return { ok: true, value: withEnd(parsed, endsAt) };
    return this.applied(parsed, role, base);
  }

  #isUnlimited(role = WITHOUT_AUTHENTICATION): boolean {
    return this.#options.unlimitedRoles?.includes(role) ?? false;
  }
}

function rolesText(roles: readonly string[] = []): string {
  if (roles.length === 0) return "no role";
  return new Intl.ListFormat("en", { type: "conjunction" }).format(roles);
}

function withEnd({ policy, document }: ParsedPolicy, endsAt: number): ParsedPolicy {
  const expiresAt = momentText(endsAt);
  return {
    policy: { ...policy, lifetime: { ...policy.lifetime, endsAt } },
    document: { ...document, ...defined({ expiresAt }) },
  };
}
