// SPDX-License-Identifier: Apache-2.0
import { useCallback, useEffect, useState } from "preact/hooks";
import { get, type ProblemDocument, problemFrom } from "../data/rest.ts";

/** Something that is read from the server. The last value stays while it is read again. */
export interface Resource<T> {
  readonly value: T | undefined;
  readonly problem: ProblemDocument | undefined;
  readonly isLoading: boolean;
  readonly reload: () => void;
}

/**
 * Reads a path below the API when the component appears and whenever `path` or one of `inputs` changes.
 * `path` undefined: nothing is read.
 */
export function useResource<T>(
  path: string | undefined,
  inputs: readonly unknown[] = [],
): Resource<T> {
  const [state, setState] = useState<Omit<Resource<T>, "reload"> & { readonly path?: string }>({
    value: undefined,
    problem: undefined,
    isLoading: true,
  });
  const [round, setRound] = useState(0);
  const reload = useCallback(() => setRound((before) => before + 1), []);
  useEffect(() => {
    if (path === undefined) {
      setState({ value: undefined, problem: undefined, isLoading: false });
      return;
    }
    const abort = new AbortController();
    setState((before) =>
      before.path === path
        ? { ...before, isLoading: true }
        : { value: undefined, problem: undefined, isLoading: true },
    );
    get<T>(path, abort.signal).then(
      (value) => setState({ value, problem: undefined, isLoading: false, path }),
      (error) => {
        if (abort.signal.aborted) return;
        setState((before) => ({ ...before, problem: problemFrom(error), isLoading: false, path }));
      },
    );
    return () => abort.abort();
  }, [path, round, ...inputs]);
  return { ...state, reload };
}
