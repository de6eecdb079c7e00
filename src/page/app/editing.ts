// SPDX-License-Identifier: Apache-2.0
import { computed } from "@preact/signals";
import { route, setQuery } from "./route.ts";

/** The editor is a drawer over any screen; which policy it has is in the address. */

/** Stands for a policy that is not written yet; no id has this form. */
export const NEW = "~new";

/** The id of the policy in the editor, or `NEW`; undefined: the editor is closed. */
export const editing = computed(() => route.value.query.edit);

export function openEditor(id: string): void {
  setQuery({ edit: id }, { replace: false });
}

/** Opens the editor with the document of a new policy. */
export function openDraft(document: Readonly<Record<string, unknown>>): void {
  keepDraft(NEW, { text: JSON.stringify(document, null, 2) });
  openEditor(NEW);
}

export function closeEditor(): void {
  setQuery({ edit: undefined }, { replace: false });
}

/** What the user has written and not saved: it outlives a reload of the page, in this tab. */
export interface Draft {
  /** JSON, perhaps not yet valid. */
  readonly text: string;
  /** The revision that the draft began with; absent for a new policy. */
  readonly revision?: number;
  /** The document of that revision. */
  readonly base?: string;
}

export function keepDraft(id: string, draft: Draft | undefined): void {
  try {
    if (draft) sessionStorage.setItem(`vtap.draft.${id}`, JSON.stringify(draft));
    else sessionStorage.removeItem(`vtap.draft.${id}`);
  } catch {
    // Storage is full or disabled: the draft is lost with a reload.
  }
}

export function keptDraft(id: string): Draft | undefined {
  try {
    const text = sessionStorage.getItem(`vtap.draft.${id}`);
    return text === null ? undefined : (JSON.parse(text) as Draft);
  } catch {
    return undefined;
  }
}
