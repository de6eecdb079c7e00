// SPDX-License-Identifier: Apache-2.0
import "../styles/grid.css";
import "../styles/network.css";
import { href } from "../app/hash.ts";
import { route } from "../app/route.ts";
import { hosts, links, switches } from "../data/store.ts";
import { useDocumentTitle } from "../ui/use-document-title.ts";
import { HostTable } from "./host-table.tsx";
import { LinkTable } from "./link-table.tsx";
import { SwitchDetail } from "./switch-detail.tsx";
import { SwitchTable } from "./switch-table.tsx";

const PARTS = ["switches", "hosts", "links"] as const;

/** Switches, hosts and links; a switch with its ports and rules. */
export default function Screen() {
  const [, part = "switches", name] = route.value.path;
  useDocumentTitle(name ?? "Network");
  if (part === "switches" && name !== undefined) return <SwitchDetail key={name} dpid={name} />;
  const counts = {
    switches: switches.value?.length,
    hosts: hosts.value?.size,
    links: links.value?.size,
  };
  return (
    <div class="network-screen">
      <h1 class="hidden-text">Network</h1>
      <nav class="parts" aria-label="Parts of the network">
        {PARTS.map((each) => (
          <a
            key={each}
            href={href(["network", each])}
            aria-current={each === part ? "page" : undefined}
          >
            {each.charAt(0).toUpperCase() + each.slice(1)} <span>{counts[each] ?? "–"}</span>
          </a>
        ))}
      </nav>
      {part === "hosts" ? <HostTable /> : part === "links" ? <LinkTable /> : <SwitchTable />}
    </div>
  );
}
