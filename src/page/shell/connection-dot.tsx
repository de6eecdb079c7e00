// SPDX-License-Identifier: Apache-2.0
import { useEffect, useState } from "preact/hooks";
import { reconnectNow } from "../data/live.ts";
import { connection } from "../data/store.ts";
import { Button } from "../ui/button.tsx";

/** Whether what the page shows is up to date. */
export function ConnectionDot() {
  const current = connection.value;
  const now = useNow(current.state === "lost");
  if (current.state === "live") return <Dot tone="good" text="live" />;
  if (current.state === "connecting") return <Dot tone="muted" text="connecting…" />;
  const seconds = Math.max(0, Math.ceil((current.retryAt - now) / 1000));
  return (
    <span class="stale">
      <Dot tone="bad" text={`stale since ${new Date(current.since).toLocaleTimeString()}`} />
      <span class="muted">trying again in {seconds} s</span>
      <Button kind="quiet" onClick={reconnectNow}>
        now
      </Button>
    </span>
  );
}

function Dot({ tone, text }: { readonly tone: "good" | "bad" | "muted"; readonly text: string }) {
  return (
    <span class={`connection tone-${tone}`} role="status">
      <span class="dot" aria-hidden="true" />
      {text}
    </span>
  );
}

/** The time, once a second while it is shown. */
function useNow(isShown: boolean): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    if (!isShown) return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [isShown]);
  return now;
}
