import { formatActions, Port } from "../openflow/index.ts";
import type { ActionSpec, FlowActionSpec, FlowSpec } from "../pipeline/index.ts";

/** Most effects that are told of one switch. */
const MOST = 50;
/** Bytes of a VLAN tag. */
const TAG_LENGTH = 4;

/**
 * What a policy's entries on one switch do to frames, as whoever captures on its cables would see it.
 * Originals are never changed, so this is about copies alone. Sentences without a full stop.
 */
export function wireEffects(specs: readonly FlowSpec[]): readonly string[] {
  const told = new Set<string>();
  for (const { category, actions } of specs) {
    if (category === "guard") told.add("copies that no rule restores are dropped here");
    for (const sending of sendings(actions)) told.add(effectOf(sending, category));
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

function effectOf(actions: readonly FlowActionSpec[], category: FlowSpec["category"]): string {
  const where = portOf(actions);
  const changes = actions.flatMap((each) => changeOf(each) ?? []);
  if (category === "transit") return `copies pass on ${where} as they come`;
  if (category === "recovery") {
    const how = changes.length > 0 ? changes.join(", ") : "nothing to restore";
    return `copies leave ${where} restored, bit for bit: ${how}`;
  }
  if (category === "rewriting" && changes.length === 0) return `copies leave ${where} as they are`;
  return `copies leave ${where} changed: ${changes.join(", ")}`;
}

function portOf(actions: readonly FlowActionSpec[]): string {
  for (const each of actions) {
    if (each.type === "output") {
      return each.port === Port.InPort ? "by the port the frame came by" : `by port ${each.port}`;
    }
    if (each.type === "nxOutputTrunc") return `by port ${each.port}, cut to ${each.maxLen} bytes`;
    if (each.type === "nxResubmitTable") return "by way of their treatment";
  }
  return "the switch";
}

function changeOf(action: FlowActionSpec): string | undefined {
  switch (action.type) {
    case "pushVlan":
      return `an outer tag of type 0x${action.ethertype.toString(16)}, ${TAG_LENGTH} bytes longer`;
    case "popVlan":
      return `without the outer tag, ${TAG_LENGTH} bytes shorter`;
    case "setField": {
      const { field } = action.field;
      if (field === "vlanVid") return `VLAN id ${Number(action.field.value) & 0xfff}`;
      if (field !== "ethDst" && field !== "ethSrc") return undefined;
      return formatActions([action]).replace(/^set_field:(.*)->(.*)$/, "$2 $1");
    }
    default:
      return undefined;
  }
}
