import {
  type ActionSpec,
  type FlowActionSpec,
  type FlowSpec,
  type MeterSpec,
  NO_PORT,
} from "../../flow-model/index.ts";
import { type Action, formatActions, Port } from "../../openflow/index.ts";

/** Most effects that are told of one switch. */
const MOST = 50;
const CHOSEN = "by a hash of each flow it is chosen whether it is copied, and for whom";
/** Addresses that copies wear on their way. */
const ADDRESSES: ReadonlySet<string> = new Set(["ethDst", "ethSrc", "ipv4Dst", "ipv6Dst"]);
/** Bytes of a VLAN tag. */
const TAG_LENGTH = 4;

/**
 * What a policy's entries on one switch do to frames, as whoever captures on its cables would see it.
 * Originals are never changed, so this is about copies alone. Sentences without a full stop.
 */
export function wireEffects(specs: readonly FlowSpec[]): readonly string[] {
  const told = new Set<string>();
  for (const { category, actions, meter } of specs) {
    if (category === "guard") told.add("copies that no rule restores are dropped here");
    if (actions.some(({ type }) => type === "nxMultipath")) told.add(CHOSEN);
    for (const sending of sendings(actions.flatMap(unfolded))) {
      // What happens to a copy that goes through the table once more, the entries that it meets tell.
      if (sending.some(({ type }) => type === "nxResubmitTable")) continue;
      told.add(effectOf(sending, category, meter));
    }
  }
  const all = [...told].sort();
  return all.length > MOST ? [...all.slice(0, MOST), `… and ${all.length - MOST} more`] : all;
}

/** The lists of actions that send copies: of the buckets, or the entry's own. */
function sendings(actions: readonly FlowActionSpec[]): (readonly FlowActionSpec[])[] {
  const groups = actions.flatMap((each) => (each.type === "useGroup" ? each.group.buckets : []));
  if (groups.length === 0) return actions.length > 0 ? [actions] : [];
  return groups.flatMap(({ role, actions: own }) => (role === "copy" ? [own] : nested(own)));
}

function nested(actions: readonly ActionSpec[]): (readonly FlowActionSpec[])[] {
  return actions.some(({ type }) => type === "useGroup") ? sendings(actions) : [];
}

function effectOf(
  actions: readonly FlowActionSpec[],
  category: FlowSpec["category"],
  meter: MeterSpec | undefined,
): string {
  const where = `${portOf(actions)}${tunnelOf(actions)}`;
  const cut = actions.flatMap((each) =>
    each.type === "nxOutputTrunc" ? [`cut to ${each.maxLen} bytes`] : [],
  );
  const limit = meter === undefined ? [] : [`at most ${meter.rate} ${UNIT_WORDS[meter.unit]}`];
  const changes = actions.flatMap((each) => changeOf(each) ?? []);
  if (category === "transit") return `copies pass on ${where} as they come`;
  if (category === "recovery") {
    const how = changes.length > 0 ? changes.join(", ") : "nothing to restore";
    const exact = cut.length > 0 ? cut : ["bit for bit"];
    return `copies leave ${where} restored, ${exact.join(", ")}: ${how}`;
  }
  const treated = [...cut, ...limit].map((each) => `, ${each}`).join("");
  if (changes.length === 0) return `copies leave ${where} as they are${treated}`;
  return `copies leave ${where} changed: ${changes.join(", ")}${treated}`;
}

/** What a clone does is done to the copy; a truncating output to no port does nothing. */
function unfolded(action: FlowActionSpec): readonly FlowActionSpec[] {
  if (action.type === "nxClone") return action.actions.flatMap(unfolded);
  return action.type === "nxOutputTrunc" && action.port === NO_PORT ? [] : [action];
}

const UNIT_WORDS = { kbps: "kbps", pktps: "packets per second" } as const;

function portOf(actions: readonly FlowActionSpec[]): string {
  for (const each of actions) {
    if (each.type === "output") {
      return each.port === Port.InPort ? "by the port the frame came by" : `by port ${each.port}`;
    }
    if (each.type === "nxOutputTrunc") return `by port ${each.port}`;
  }
  return "the switch";
}

/** The end and the key of the tunnel that copies are sent into, where the actions say them. */
function tunnelOf(actions: readonly FlowActionSpec[]): string {
  const said = actions.flatMap((each) =>
    each.type === "setField" && TUNNEL_FIELDS.has(each.field.field) ? [fieldText(each)] : [],
  );
  return said.length === 0 ? "" : ` (tunnel: ${said.join(", ")})`;
}

const TUNNEL_FIELDS: ReadonlySet<string> = new Set(["tunnelId", "tunDst", "tunIpv6Dst"]);

function changeOf(action: FlowActionSpec): string | undefined {
  switch (action.type) {
    case "pushVlan":
      return `an outer tag of type 0x${action.ethertype.toString(16)}, ${TAG_LENGTH} bytes longer`;
    case "popVlan":
      return `without the outer tag, ${TAG_LENGTH} bytes shorter`;
    case "setField": {
      const { field } = action.field;
      if (field === "vlanVid") return `VLAN id ${Number(action.field.value) & 0xfff}`;
      return ADDRESSES.has(field) ? fieldText(action) : undefined;
    }
    default:
      return undefined;
  }
}

/** A field and the value it is given: `eth_dst fa:00:00:00:00:03`. */
function fieldText(action: Action): string {
  return formatActions([action]).replace(/^set_field:(.*)->(.*)$/, "$2 $1");
}
