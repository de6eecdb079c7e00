// SPDX-License-Identifier: Apache-2.0
import "../styles/connect.css";
import { status } from "../data/store.ts";
import { CopyButton } from "../ui/copy-button.tsx";
import { EmptyState } from "../ui/empty-state.tsx";
import { RejectedList } from "./rejected-list.tsx";
import { type Target, targetsOf } from "./targets.ts";

/** Before the first switch: how to point one here, and which ones have tried in vain. */
export function NoSwitches() {
  const targets = targetsOf(status.value?.openflow ?? [], location.hostname);
  // One of several is enough for a start: the first, which needs no certificates.
  const [target] = targets;
  return (
    <>
      {target ? (
        <Commands target={target} />
      ) : (
        <EmptyState title="No switch yet">
          A switch appears here as soon as one connects that has ports of your project.
        </EmptyState>
      )}
      <RejectedList />
    </>
  );
}

function Commands({ target }: { readonly target: Target }) {
  const commands = [
    "ovs-vsctl set bridge BRIDGE protocols=OpenFlow14",
    `ovs-vsctl set-controller BRIDGE ${target.text}`,
  ].join("\n");
  return (
    <EmptyState
      title="No switch yet"
      actions={<CopyButton text={commands} label="Copy the commands" />}
    >
      <p>Point a switch to this controller. On a host with Open vSwitch:</p>
      <pre class="commands" tabIndex={0}>
        {commands}
      </pre>
      {target.isLocal && (
        <p>
          Only switches on the machine of the controller reach this address. For others, start{" "}
          <code>vtap serve</code> with <code>--openflow 0.0.0.0:6653</code>.
        </p>
      )}
      {target.tls && (
        <p>
          It speaks TLS: <code>ovs-vsctl set-ssl</code> gives the switch its key and certificate.
        </p>
      )}
      <p>It appears here as soon as it connects.</p>
    </EmptyState>
  );
}
