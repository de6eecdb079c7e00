// SPDX-License-Identifier: Apache-2.0
import { href } from "../app/hash.ts";
import { RateCell } from "../chart/rate-cell.tsx";
import { type PartyText, type PolicyRow, partyLabel } from "../data/policy-row.ts";
import { formatAge, formatCount, formatShare, formatTime } from "../ui/format.ts";
import { Icon } from "../ui/icon.tsx";
import { StateBadge } from "../ui/state-badge.tsx";
import { filterSummary } from "./columns.ts";

/** What each column shows of a policy. `*` means any, as in Figure 4 of the paper. */

const ARROWS = { forward: "→", reverse: "←", both: "⇄" } as const;
const DIRECTIONS = {
  forward: "sender to receiver",
  reverse: "receiver to sender",
  both: "both directions",
} as const;

export function DirectionMark({ direction }: Pick<PolicyRow, "direction">) {
  return (
    <span role="img" aria-label={DIRECTIONS[direction]} title={DIRECTIONS[direction]}>
      {ARROWS[direction]}
    </span>
  );
}

/** A text with its whole in the tooltip, since the column may cut it; an empty one is any. */
function Text({ text, mono = false }: { readonly text: string; readonly mono?: boolean }) {
  if (text === "") return <span class="any">*</span>;
  return (
    <span class={mono ? "mono" : undefined} title={text}>
      {text}
    </span>
  );
}

/** A sender or receiver by its name, or by its addresses where it has none; the tooltip has all of them. */
export function Party({ party }: { readonly party: PartyText }) {
  const label = partyLabel(party);
  if (label === "any") return <span class="any">*</span>;
  const texts = [party.host, party.ip, party.mac].filter((text) => text !== "");
  return (
    <span class={party.host === "" ? "mono" : undefined} title={texts.join(" ")}>
      {label}
    </span>
  );
}

export function Monitors({ monitors }: Pick<PolicyRow, "monitors">) {
  const [first, ...others] = monitors;
  if (first === undefined) return <span class="muted">–</span>;
  return (
    <span class="chips" title={monitors.join(", ")}>
      <span class="chip">{first}</span>
      {others.length === 1 && <span class="chip">{others[0]}</span>}
      {others.length > 1 && <span class="chip muted">+{others.length}</span>}
    </span>
  );
}

export function Origin({ origin, owner }: Pick<PolicyRow, "origin" | "owner">) {
  if (origin === "file") {
    const name = owner.split("/").at(-1) ?? owner;
    return (
      <span title={`Of the file ${owner}: read-only here`}>
        <Icon name="lock" /> {name}
      </span>
    );
  }
  return <span class="muted">{owner === "" ? "API" : `set ${owner}`}</span>;
}

function Name({ row, isActive }: { readonly row: PolicyRow; readonly isActive: boolean }) {
  return (
    <span class="policy-name" title={row.name === "" ? row.id : `${row.id} – ${row.name}`}>
      <a href={href(["policies", row.id])} tabIndex={isActive ? 0 : -1}>
        {row.id}
      </a>
      {row.origin === "file" && (
        <span class="lock" title={`Read-only: of the file ${row.owner}`}>
          <Icon name="lock" label="read-only: of a file" />
        </span>
      )}
      {row.name !== "" && <span class="muted"> {row.name}</span>}
    </span>
  );
}

const mono = (text: string) => <Text text={text} mono />;

type Cell = (row: PolicyRow, isActive: boolean) => preact.ComponentChildren;

/** By the id of the column. */
export const CELLS: Readonly<Record<string, Cell>> = {
  state: (row) => <StateBadge state={row.state} />,
  id: (row, isActive) => <Name row={row} isActive={isActive} />,
  sender: (row) => <Party party={row.sender} />,
  senderHost: (row) => <Text text={row.sender.host} />,
  senderMac: (row) => mono(row.sender.mac),
  senderIp: (row) => mono(row.sender.ip),
  direction: (row) => <DirectionMark direction={row.direction} />,
  receiver: (row) => <Party party={row.receiver} />,
  receiverHost: (row) => <Text text={row.receiver.host} />,
  receiverMac: (row) => mono(row.receiver.mac),
  receiverIp: (row) => mono(row.receiver.ip),
  monitors: (row) => <Monitors monitors={row.monitors} />,
  filters: (row) => <Text text={filterSummary(row)} />,
  ipProto: (row) => <Text text={row.filters.ipProto} />,
  vlan: (row) => <Text text={row.filters.vlan} />,
  srcPort: (row) => <Text text={row.filters.srcPort} />,
  dstPort: (row) => <Text text={row.filters.dstPort} />,
  more: (row) => mono(row.filters.more),
  rate: (row) => <RateCell id={row.id} />,
  copied: (row) => formatCount(row.copied),
  delivered: (row) => formatCount(row.delivered),
  lost: (row) => <Lost row={row} />,
  delivery: (row) => row.delivery,
  origin: (row) => <Origin origin={row.origin} owner={row.owner} />,
  project: (row) => row.project || <span class="muted">–</span>,
  requester: (row) => row.requester || <span class="muted">–</span>,
  updated: (row) => (
    <time dateTime={row.updatedAt} title={formatTime(row.updatedAt)}>
      {formatAge(row.updatedAt, Date.now())}
    </time>
  ),
};

function Lost({ row }: { readonly row: PolicyRow }) {
  const share = formatShare(row.lost, row.copied);
  if (!row.lost) return <span class="muted">{share}</span>;
  return (
    <span class="lost" title={`${formatCount(row.lost)} copies known to be lost`}>
      {share}
    </span>
  );
}
