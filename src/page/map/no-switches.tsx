// SPDX-License-Identifier: Apache-2.0
import { CopyButton } from "../ui/copy-button.tsx";
import { EmptyState } from "../ui/empty-state.tsx";

/** The usual OpenFlow port; the one of this controller is in its log and its settings. */
const PORT = 6653;

/** Before the first switch: how to point one here. */
export function NoSwitches() {
  const commands = [
    "ovs-vsctl set bridge BRIDGE protocols=OpenFlow14",
    `ovs-vsctl set-controller BRIDGE tcp:${location.hostname}:${PORT}`,
  ].join("\n");
  return (
    <EmptyState
      title="No switch yet"
      actions={<CopyButton text={commands} label="Copy the commands" />}
    >
      <p>Point a switch to this controller. On a host with Open vSwitch:</p>
      <pre class="commands">{commands}</pre>
      <p>
        It appears here as soon as it connects. {PORT} is the usual port: the setting{" "}
        <code>openflow</code> may name another one.
      </p>
    </EmptyState>
  );
}
