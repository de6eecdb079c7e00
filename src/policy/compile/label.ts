import { Port } from "../../openflow/index.ts";
import type { ActionSpec } from "../../pipeline/index.ts";
import type { Dpid, PortNo } from "../../topology/index.ts";
import type { Delivery, Tunnel } from "../model.ts";
import { contains, exactValue, type Region } from "../region/region.ts";
import { treatmentOf, WHOLE } from "../treatment.ts";
import { actionsKey } from "./action-key.ts";
import { type Case, casesKey, casesOf, type Demand, PLAIN } from "./cases.ts";
import { serves, wantedBy, yieldsTo } from "./elections.ts";
import { type PlacedMonitor, tunnelKey } from "./monitors.ts";
import { rewrittenIp } from "./rewritten-ip.ts";
import { type MarkedPair, markedPair } from "./tap-marks.ts";
import { entersAtMonitor, type Piece, RESERVED, type Tap, talksItself } from "./taps.ts";

/** A copy for a monitor, and how it gets there from the tap point. */
export interface Copy {
  readonly monitor: PlacedMonitor;
  /** The port it leaves the tap's switch by; IN_PORT when it came in by it. */
  readonly port: number;
  /** The same by its number. */
  readonly out: number;
  readonly way: CopyWay;
  /** Whether a policy asks for this way and no other. */
  readonly explicit: boolean;
  /** Which flows are copied, and in which form. */
  readonly cases: readonly Case[];
}

/** How a copy travels. */
export type CopyWay =
  /** The monitor is on the tap's switch. */
  | { readonly kind: "direct" }
  /** With a tap mark for its source; the pair's addresses are put back at the monitor's switch. */
  | { readonly kind: "rewrite"; readonly pair: MarkedPair }
  /** With an outer VLAN tag that stands for the monitor. */
  | { readonly kind: "tag" }
  /** Into a tunnel. */
  | { readonly kind: "tunnel"; readonly tunnel: Tunnel };

/** A text that is equal for the same way. */
function wayKey(way: CopyWay): string {
  if (way.kind === "rewrite") return way.pair.key;
  return way.kind === "tunnel" ? tunnelKey(way.tunnel) : way.kind;
}

/** What is to be done with the frames of an element. */
export interface Label {
  /** Equal for labels that are the same in every detail. */
  readonly key: string;
  /**
   * Equal for labels that serve the same monitors and do the same with the original, however the
   * copies travel; "" when base forwarding does the same by itself.
   */
  readonly effect: string;
  readonly original: readonly ActionSpec[];
  /** In the order of their buckets. */
  readonly copies: readonly Copy[];
}

/** Why a monitor gets no copy, a clause; each policy calls the monitor by a name of its own. */
export type Obstacle = (monitor: string) => string;

/** What a tap wants of an element's frames and whether that can be had. */
export interface Wish {
  readonly tap: Tap;
  readonly monitor: PlacedMonitor;
  /** Undefined when the monitor gets a copy. */
  readonly obstacle: Obstacle | undefined;
  /** The tap on another switch where the copy is made instead. */
  readonly elected: Tap | undefined;
}

/** What the network does at a switch. */
export interface SwitchView {
  readonly dpid: Dpid;
  readonly name: string;
  originals(inPort: PortNo | undefined, ethDst: number): readonly ActionSpec[];
  /** The port toward a monitor on another switch; undefined when there is no way. */
  copyPort(monitor: PlacedMonitor): number | undefined;
  /** Whether a port leads to another switch. */
  isLink(port: PortNo): boolean;
}

/** Stands for every address that is nobody's: where no address is fixed, known ones are cut out. */
const NOBODY = 0xffffffffffff;
const RESERVED_MAC = 0x0180c2000000;

const PORT_IS_DOWN: Obstacle = (monitor) => `the port of monitor ${monitor} is down`;

/**
 * What is to be done with the frames of an element: the copies of all taps that include and do not
 * exclude it. `pieces` are those of the regions that hold it; their cuts have made sure that all of
 * its frames are alike.
 */
export function judge(
  region: Region,
  pieces: readonly Piece[],
  at: SwitchView,
  wishes?: Wish[],
): Label {
  const { inPort, ethDst } = forwardedAs(region);
  const reserved = ethDst === RESERVED_MAC;
  const original = at.originals(inPort, ethDst);
  const copies: Copy[] = [];
  // As `endsHere`, with what is known already.
  const ends = original.length === 0 && inPort !== undefined && at.isLink(inPort);
  const taps = reserved || ends ? NOBODYS : sortTaps(pieces, at.dpid);
  let demands: Map<string, Demand[]> | undefined;
  const note = (tap: Tap, monitor: PlacedMonitor, askers: readonly Tap[] = [tap]) => {
    const copy = copyFor(region, monitor, tap.policy.delivery, at, inPort);
    if (typeof copy === "function") return copy;
    if (monitor.share?.length === 0 && askers[0] === tap) return PORT_IS_DOWN;
    const index = copies.findIndex((each) => each.monitor.key === monitor.key);
    const known = copies[index];
    let isKnown = known !== undefined;
    for (const asker of taps.lenders.length === 0 ? askers : [...askers, ...taps.lenders]) {
      for (const wanted of asker === tap ? [monitor] : wantedBy(asker, monitor.key, region)) {
        demands = noteDemand(demands, asker, wanted, isKnown);
        isKnown = true;
      }
    }
    if (known === undefined) copies.push(copy);
    else if (isBetter(copy, known)) copies[index] = copy;
    return undefined;
  };
  // For those who yielded to a tap here that does not want the frame because of where it enters.
  const copyForOthers = (tap: Tap, monitor: PlacedMonitor) => {
    if (!serves(tap, monitor, region)) return;
    const others = taps.elsewhere.filter((other) => serves(other, monitor, region));
    if (others.length === 0 || others.some((other) => yieldsTo(tap, other))) return;
    note(tap, monitor, others);
  };
  for (const tap of taps.here) {
    for (const monitor of tap.monitors) {
      if (talksItself(tap, monitor, region)) continue;
      if (entersAtMonitor(tap, monitor, region)) {
        copyForOthers(tap, monitor);
        continue;
      }
      const elected = electedFor(tap, monitor, region, taps);
      const obstacle = elected === undefined ? note(tap, monitor) : undefined;
      wishes?.push({ tap, monitor, obstacle, elected });
    }
  }
  for (const tap of taps.enteringHere) {
    for (const monitor of tap.monitors) copyForOthers(tap, monitor);
  }
  return labelOf(original, copies, demands);
}

/** Notes what a tap wants of a copy, unless somebody wants all of it as it is. */
function noteDemand(
  demands: Map<string, Demand[]> | undefined,
  { policy }: Tap,
  { key, share }: PlacedMonitor,
  isKnown: boolean,
): Map<string, Demand[]> | undefined {
  const treatment = treatmentOf(policy);
  const others = demands?.get(key);
  if (treatment === WHOLE && share === undefined) demands?.delete(key);
  else if (others !== undefined) others.push({ treatment, share });
  else if (!isKnown) return (demands ?? new Map()).set(key, [{ treatment, share }]);
  return demands;
}

/** The frame that stands for a region when the switch is asked what it does with its frames. */
export function forwardedAs(region: Region): {
  readonly inPort: PortNo | undefined;
  readonly ethDst: number;
} {
  const inPort = exactValue(region, "inPort") as PortNo | undefined;
  if (contains(RESERVED, region)) return { inPort, ethDst: RESERVED_MAC };
  return { inPort, ethDst: (exactValue(region, "ethDst") as number | undefined) ?? NOBODY };
}

/**
 * Whether the frames of a region end at a switch lest they loop: they are on their way elsewhere,
 * too, and are copied there.
 */
export function endsHere(region: Region, at: SwitchView): boolean {
  const inPort = exactValue(region, "inPort") as PortNo | undefined;
  if (inPort === undefined || !at.isLink(inPort)) return false;
  const ethDst = exactValue(region, "ethDst") as number | undefined;
  return at.originals(inPort, ethDst ?? NOBODY).length === 0;
}

/**
 * The tap of another switch that a tap yields to: the one that yields to no other of them. None when
 * that one yields to a tap of this switch in its turn, whether or not that wants the frame where it
 * enters: the copy is made here.
 */
function electedFor(
  tap: Tap,
  monitor: PlacedMonitor,
  region: Region,
  { here, enteringHere, elsewhere }: WantingTaps,
): Tap | undefined {
  let elected: Tap | undefined;
  for (const other of elsewhere) {
    if (!yieldsTo(tap, other) || !serves(other, monitor, region)) continue;
    if (elected === undefined || isAhead(other, elected)) elected = other;
  }
  if (elected === undefined) return undefined;
  for (const own of [...here, ...enteringHere]) {
    const mayBeYieldedTo = own.edge === "receiver" && yieldsTo(elected, own);
    if (mayBeYieldedTo && serves(own, monitor, region)) return undefined;
  }
  return elected;
}

/** Whether a tap is elected before another: the highest switch is, whatever the order of edits. */
function isAhead(a: Tap, b: Tap): boolean {
  return a.dpid === b.dpid ? a.policy.id < b.policy.id : a.dpid > b.dpid;
}

/**
 * Which of two copies for one port is made, when policies ask for it under different addresses or by
 * different deliveries: one asked for by name, then the rewritten one (its IP destination, too, if
 * one policy asks for that), then the lower address.
 */
function rank({ monitor, way, explicit }: Copy): number {
  const none = 2 ** 48;
  const kind = way.kind === "tag" ? 4 : isIpRewritten(way) ? 0 : 2;
  return (explicit ? 0 : 8 * none) + kind * none + (monitor.mac ?? none);
}

function isIpRewritten(way: CopyWay): boolean {
  return way.kind === "rewrite" && way.pair.ip !== undefined;
}

function isBetter(copy: Copy, known: Copy): boolean {
  const order = rank(copy) - rank(known);
  return order < 0 || (order === 0 && wayKey(copy.way) < wayKey(known.way));
}

/** The taps that want an element's frames. */
interface WantingTaps {
  readonly here: readonly Tap[];
  /** Taps of this switch that would want them, had they not entered by the receiver's own port. */
  readonly enteringHere: readonly Tap[];
  /** Taps of other switches that the frames pass, too. */
  readonly elsewhere: readonly Tap[];
  /** Taps of other switches whose copies are made here. */
  readonly lenders: readonly Tap[];
}

const NOBODYS: WantingTaps = { here: [], enteringHere: [], elsewhere: [], lenders: [] };

function sortTaps(pieces: readonly Piece[], at: Dpid): WantingTaps {
  const [first] = pieces;
  // Nearly all elements are of one tap and nobody else's.
  if (pieces.length === 1 && first?.kind === "include" && first.tap.dpid === at) {
    return { ...NOBODYS, here: [first.tap] };
  }
  const included = new Set<Tap>();
  const excluded = new Set<Tap>();
  const entering = new Set<Tap>();
  const lenders = new Set<Tap>();
  for (const { kind, tap } of pieces) {
    if (kind === "include") included.add(tap);
    else if (kind === "exclude") excluded.add(tap);
    else if (kind === "notFrom") entering.add(tap);
    else if (kind === "lend") lenders.add(tap);
  }
  const wanting = [...included].filter((tap) => !excluded.has(tap));
  return {
    here: wanting.filter((tap) => tap.dpid === at && !entering.has(tap)),
    enteringHere: wanting.filter((tap) => tap.dpid === at && entering.has(tap)),
    elsewhere: wanting.filter((tap) => tap.dpid !== at),
    lenders: [...lenders],
  };
}

/** How a copy gets to a monitor, or why it does not. */
function copyFor(
  region: Region,
  monitor: PlacedMonitor,
  delivery: Delivery,
  at: SwitchView,
  inPort: PortNo | undefined,
): Copy | Obstacle {
  const out = portFor(monitor, at);
  if (typeof out === "function") return out;
  // A switch sends nothing out of the port it came in by unless told so by this name.
  const port = out === inPort ? Port.InPort : out;
  const explicit = delivery !== "auto";
  const by = (way: CopyWay): Copy => ({ monitor, port, out, way, explicit, cases: PLAIN });
  const { tunnel } = monitor.party;
  if (tunnel !== undefined) return by({ kind: "tunnel", tunnel });
  if (monitor.dpid === at.dpid) return { ...by({ kind: "direct" }), explicit: false };
  const ethSrc = exactValue(region, "ethSrc") as number | undefined;
  const ethDst = exactValue(region, "ethDst") as number | undefined;
  const pinned = ethSrc !== undefined && ethDst !== undefined;
  if (delivery !== "tag" && pinned && monitor.mac !== undefined) {
    const ip = rewrittenIp(region, monitor);
    const addresses = { ethSrc, ethDst, monitor: monitor.mac };
    return by({ kind: "rewrite", pair: markedPair(ip ? { ...addresses, ip } : addresses) });
  }
  if (delivery !== "rewrite") return by({ kind: "tag" });
  const { name } = at;
  return pinned
    ? (whose) => `copies for monitor ${whose} cannot be addressed: its MAC address is not known`
    : (whose) =>
        `frames whose MAC addresses the policy leaves open cannot be copied by delivery rewrite from ${name} to monitor ${whose}`;
}

/** The port that copies for a monitor leave by, or why there is none. */
function portFor(monitor: PlacedMonitor, at: SwitchView): number | Obstacle {
  const { name } = at;
  const { tunnel } = monitor.party;
  if (tunnel === undefined) {
    const out = monitor.dpid === at.dpid ? monitor.port : at.copyPort(monitor);
    return out ?? ((whose) => `there is no path from ${name} to monitor ${whose}`);
  }
  const { tunnelPort = "absent" } = monitor;
  if (typeof tunnelPort === "number") return tunnelPort;
  const { port } = tunnel;
  if (tunnelPort === "absent") {
    return (whose) => `switch ${name} has no port ${port} (yet) for the tunnel to monitor ${whose}`;
  }
  const what = tunnelPort === "link" ? "at a link between switches" : "where another host is";
  return (whose) =>
    `port ${port} of switch ${name} is ${what}, and cannot be the tunnel to monitor ${whose}`;
}

function labelOf(
  original: readonly ActionSpec[],
  copies: Copy[],
  demands: ReadonlyMap<string, readonly Demand[]> | undefined,
): Label {
  if (copies.length > 1) copies.sort(byBucket);
  if (demands === undefined || demands.size === 0) return new FrameLabel(original, copies);
  const treated = copies.map((copy): Copy => {
    const wanted = demands.get(copy.monitor.key);
    return wanted === undefined ? copy : { ...copy, cases: casesOf(wanted) };
  });
  return new FrameLabel(original, treated);
}

/**
 * Copies whose IP destination is rewritten come last: a switch makes the others' frames of theirs by
 * writing the address back, which not every checksum survives (see `docs/copies.md`).
 */
function byBucket(a: Copy, b: Copy): number {
  const order = Number(isIpRewritten(a.way)) - Number(isIpRewritten(b.way));
  return order === 0 ? (a.monitor.key < b.monitor.key ? -1 : 1) : order;
}

/** The same label, where base forwarding does the same by itself. */
export function withoutEffect({ original, copies }: Label): Label {
  return new FrameLabel(original, copies, "");
}

/** Few labels are ever compared with others: their texts are made when they are asked for. */
class FrameLabel implements Label {
  readonly original: readonly ActionSpec[];
  readonly copies: readonly Copy[];
  #key: string | undefined;
  #effect: string | undefined;

  constructor(original: readonly ActionSpec[], copies: readonly Copy[], effect?: string) {
    this.original = original;
    this.copies = copies;
    this.#effect = effect;
  }

  get key(): string {
    if (this.#key === undefined) {
      let key = `${actionsKey(this.original)}#`;
      for (const copy of this.copies) {
        key += wayKey(copy.way) + (copy.explicit ? "!" : "") + copyText(copy);
      }
      this.#key = key;
    }
    return this.#key;
  }

  get effect(): string {
    if (this.#effect === undefined) {
      let effect = `${actionsKey(this.original)}#`;
      for (const copy of this.copies) {
        const { way, explicit } = copy;
        if (explicit) effect += way.kind === "tunnel" ? wayKey(way) : way.kind;
        if (isIpRewritten(way)) effect += wayKey(way);
        effect += copyText(copy);
      }
      this.#effect = effect;
    }
    return this.#effect;
  }
}

function copyText({ monitor, port, cases }: Copy): string {
  return `${monitor.key}:${port}${casesKey(cases)}|`;
}
