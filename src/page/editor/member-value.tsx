// SPDX-License-Identifier: Apache-2.0

/** A member of a document; undefined: it is not there. */
export function MemberValue({ value }: { readonly value: unknown }) {
  if (value === undefined) return <span class="muted">–</span>;
  return <code>{typeof value === "string" ? value : JSON.stringify(value)}</code>;
}
