// SPDX-License-Identifier: Apache-2.0
import { contentHash } from "./content-hash.ts";

/** Top 16 bits of every OpenVTAP cookie: ASCII "vT". Entries without them are never changed. */
const COOKIE_OWNER = 0x7654;

/** Cookie and mask that select exactly OpenVTAP's flow entries in a multipart flow request. */
const OWNED_COOKIE = BigInt(COOKIE_OWNER) << 48n;
export const OWNED_COOKIE_MASK = 0xffff_0000_0000_0000n;

/** The purpose of a flow entry; the second field (8 bits) of its cookie. */
const Category = {
  recovery: 1,
  transit: 2,
  guard: 3,
  rewriting: 4,
  discovery: 5,
  forwarding: 6,
  treatment: 7,
  probe: 8,
  preview: 9,
} as const;
export type CategoryName = keyof typeof Category;

/**
 * Cookie of a flow entry: 16 bits owner, 8 bits category, 40 bits hash of the entry's identity
 * (table, priority and match). The identity rather than the whole content, because a modify, which
 * keeps the counters, cannot change a cookie.
 */
export function cookieFor(category: CategoryName, identity: string): bigint {
  const hash = contentHash(identity) % 2 ** 40;
  return OWNED_COOKIE | (BigInt(Category[category]) << 40n) | BigInt(hash);
}

/** Whether a cookie marks a flow entry as OpenVTAP's. */
export function isOwned(cookie: bigint): boolean {
  return (cookie & OWNED_COOKIE_MASK) === OWNED_COOKIE;
}

/** Categories of the entries whose counters are the numbers of copies made and of copies received. */
const COUNTED_CATEGORIES = ["rewriting", "recovery"] as const;
export type CountedCategory = (typeof COUNTED_CATEGORIES)[number];

/** Whether an OpenVTAP entry counts copies. */
export function isCounted(cookie: bigint): boolean {
  const code = Number((cookie >> 40n) & 0xffn);
  return code === Category.rewriting || code === Category.recovery;
}

/** Cookie and mask that select exactly the entries of one category in a multipart flow request. */
export function cookieOf(category: CategoryName): { cookie: bigint; cookieMask: bigint } {
  const cookie = OWNED_COOKIE | (BigInt(Category[category]) << 40n);
  return { cookie, cookieMask: 0xffff_ff00_0000_0000n };
}

/** The category of an OpenVTAP cookie, or undefined for another cookie. */
export function categoryOf(cookie: bigint): CategoryName | undefined {
  if (!isOwned(cookie)) return undefined;
  const code = Number((cookie >> 40n) & 0xffn);
  return (Object.keys(Category) as CategoryName[]).find((name) => Category[name] === code);
}
