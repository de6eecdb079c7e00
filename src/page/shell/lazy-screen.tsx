// SPDX-License-Identifier: Apache-2.0
import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { problemFrom } from "../data/rest.ts";
import { Problem } from "../ui/problem.tsx";
import { Skeleton } from "../ui/skeleton.tsx";

interface LazyProps {
  readonly load: () => Promise<{ readonly default: ComponentType }>;
}

const loaded = new Map<LazyProps["load"], ComponentType>();

/** A component of a chunk of its own. */
export function Lazy({ load }: LazyProps) {
  const [, setRound] = useState(0);
  const [failure, setFailure] = useState<unknown>();
  useEffect(() => {
    if (loaded.has(load)) return;
    let isShown = true;
    load().then(
      (module) => {
        loaded.set(load, module.default);
        if (isShown) setRound((round) => round + 1);
      },
      (error) => {
        if (isShown) setFailure(error);
      },
    );
    return () => {
      isShown = false;
    };
  }, [load]);
  const Component = loaded.get(load);
  if (Component) return <Component />;
  if (failure === undefined) return <Skeleton lines={8} />;
  const problem = { ...problemFrom(failure), title: "This part of the page could not be read" };
  return <Problem problem={problem} retry={() => location.reload()} />;
}
