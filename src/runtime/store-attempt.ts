// SPDX-License-Identifier: Apache-2.0
/** Outcome of a write to disk; `detail` of a failure is a message for users. */
export type Attempt<T> =
  | { readonly ok: true; readonly value: T }
  | {
      readonly ok: false;
      readonly refusal: { readonly type: "storeFailed"; readonly detail: string };
    };

/** Runs a write and turns its failure into an outcome. Pass only the write itself. */
export async function attemptStore<T>(write: () => Promise<T>): Promise<Attempt<T>> {
  try {
    return { ok: true, value: await write() };
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return { ok: false, refusal: { type: "storeFailed", detail } };
  }
}
