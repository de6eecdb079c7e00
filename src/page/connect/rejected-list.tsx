// SPDX-License-Identifier: Apache-2.0
import { useEffect } from "preact/hooks";
import type { RejectedConnectionsView } from "../../contract/observation/rejected-connections.ts";
import { may } from "../data/session-state.ts";
import { formatAge, plural } from "../ui/format.ts";
import { sentence } from "../ui/problem.tsx";
import { useResource } from "../ui/use-resource.ts";

const REREAD_MS = 3000;

/** Peers whose connections were rejected, and why, as it happens; nothing where there are none. */
export function RejectedList() {
  const isAllowed = may("GET /api/v1/rejected-connections");
  const { value, reload } = useResource<RejectedConnectionsView>(
    isAllowed ? "/rejected-connections" : undefined,
  );
  useEffect(() => {
    const timer = setInterval(() => !document.hidden && reload(), REREAD_MS);
    return () => clearInterval(timer);
  }, [reload]);
  if (!value || value.items.length === 0) return null;
  const now = Date.now();
  return (
    <section class="rejected" aria-labelledby="rejected-title">
      <h2 id="rejected-title">Connections that were rejected</h2>
      <ul>
        {value.items.map(({ address, dpid, reason, count, at }) => (
          <li key={dpid ?? address}>
            <p>
              <strong>{dpid === undefined ? address : <code>{dpid}</code>}</strong>
              {dpid !== undefined && <span class="muted"> from {address}</span>}
              <span class="muted" title={at}>
                {" "}
                {formatAge(at, now)}
                {count > 1 && `, ${plural(count, "time")}`}
              </span>
            </p>
            <p>{sentence(reason)}</p>
          </li>
        ))}
      </ul>
    </section>
  );
}
