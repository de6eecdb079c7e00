/** What became of a write to disk; a failure of the disk is an outcome, with a line for people. */
export type Attempt<T> =
  | { readonly ok: true; readonly value: T }
  | {
      readonly ok: false;
      readonly refusal: { readonly type: "storeFailed"; readonly detail: string };
    };

/** Writes, and turns the store's failure into an outcome. Only the write itself belongs in here. */
export async function attemptStore<T>(write: () => Promise<T>): Promise<Attempt<T>> {
  try {
    return { ok: true, value: await write() };
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return { ok: false, refusal: { type: "storeFailed", detail } };
  }
}
