// SPDX-License-Identifier: Apache-2.0
import {
  type ActionSpec,
  type FlowActionSpec,
  type FlowSpec,
  type MeterSpec,
  NO_PORT,
} from "../../flow-model/index.ts";
import type { Steps } from "../../lang/steps.ts";
import { type Action, formatActions, Port, parseMac } from "../../openflow/index.ts";
import { isTapMark } from "../../topology/index.ts";

/** Maximum number of effects reported per switch. */
const MAX_EFFECTS = 50;
const CHOSEN = "a hash of each flow selects whether it is copied, and to which monitor";
const GUARDED = "frames that look like copies, and copies that no rule restores, are dropped here";
/** Address fields that are rewritten on copies in transit. */
const ADDRESSES: ReadonlySet<string> = new Set(["ethDst", "ethSrc", "ipv4Dst", "ipv6Dst"]);
/** Bytes of a VLAN tag. */
const TAG_LENGTH = 4;

/**
 * What a policy's entries on one switch do to frames, as a capture on its cables shows it. Originals
 * are never changed, so this covers copies only. Sentences without a full stop.
 */
export function* wireEffects(specs: readonly FlowSpec[]): Steps<readonly string[]> {
  const effects = new Set<string>();
  for (const { category, actions, meter } of specs) {
    yield;
    // Production frames and copies are not concerned.
    if (category === "probe") continue;
    if (category === "guard") effects.add(GUARDED);
    if (actions.some(({ type }) => type === "nxMultipath")) effects.add(CHOSEN);
    for (const sending of sendings(actions.flatMap(unfolded))) {
      // The entries that a resubmitted copy matches report what happens to it.
      if (sending.some(({ type }) => type === "nxResubmitTable")) continue;
      effects.add(effectOf(sending, category, meter));
    }
  }
  const all = [...effects].sort();
  return all.length > MAX_EFFECTS
    ? [...all.slice(0, MAX_EFFECTS), `… and ${all.length - MAX_EFFECTS} more`]
    : all;
}

/** An effect without the numbers that distinguish copies: tap marks and VLAN ids. */
export function withoutNumbers(effect: string): string {
  return effect
    .replace(/VLAN id \d+/g, "VLAN id")
    .replace(/([0-9a-f]{2}:){5}[0-9a-f]{2}/g, (text) => {
      const mac = parseMac(text);
      return mac !== undefined && isTapMark(mac) ? "tap mark" : text;
    });
}

/** The action lists that send copies: those of the buckets, or the entry's own. */
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
  const limit = meter === undefined ? [] : [limitOf(meter)];
  const changes = actions.flatMap((each) => changeOf(each) ?? []);
  if (category === "transit") return `copies are forwarded ${where} unchanged`;
  if (category === "recovery") {
    const how = changes.length > 0 ? changes.join(", ") : "nothing to restore";
    const exact = cut.length > 0 ? cut : ["bit for bit"];
    return `copies leave ${where} restored, ${exact.join(", ")}: ${how}`;
  }
  const treated = [...cut, ...limit].map((each) => `, ${each}`).join("");
  if (changes.length === 0) return `copies leave ${where} unchanged${treated}`;
  return `copies leave ${where} changed: ${changes.join(", ")}${treated}`;
}

/** Actions inside a clone apply to the copy; a truncating output to no port has no effect. */
function unfolded(action: FlowActionSpec): readonly FlowActionSpec[] {
  if (action.type === "nxClone") return action.actions.flatMap(unfolded);
  return action.type === "nxOutputTrunc" && action.port === NO_PORT ? [] : [action];
}

const UNIT_WORDS = {
  kbps: { rate: "kbps", burst: "kbit" },
  pktps: { rate: "packets per second", burst: "packets" },
} as const;

function limitOf({ rate, unit, burst }: MeterSpec): string {
  const words = UNIT_WORDS[unit];
  const atOnce = burst === undefined ? "" : ` (${burst} ${words.burst} at once)`;
  return `at most ${rate} ${words.rate}${atOnce}`;
}

function portOf(actions: readonly FlowActionSpec[]): string {
  for (const each of actions) {
    if (each.type === "output") {
      return each.port === Port.InPort ? "by the port the frame came by" : `by port ${each.port}`;
    }
    if (each.type === "nxOutputTrunc") return `by port ${each.port}`;
  }
  return "the switch";
}

/** The remote end and the key of the tunnel that copies are sent into, where the actions set them. */
function tunnelOf(actions: readonly FlowActionSpec[]): string {
  const fields = actions.flatMap((each) =>
    each.type === "setField" && TUNNEL_FIELDS.has(each.field.field) ? [fieldText(each)] : [],
  );
  return fields.length === 0 ? "" : ` (tunnel: ${fields.join(", ")})`;
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

/** A field and the value that it is set to: `eth_dst fa:00:00:00:00:03`. */
function fieldText(action: Action): string {
  return formatActions([action]).replace(/^set_field:(.*)->(.*)$/, "$2 $1");
}
