// SPDX-License-Identifier: Apache-2.0
import type { Dpid, PatchUse, PortNo } from "../../topology/index.ts";
import { fieldNamed } from "../match-region/fields.ts";
import type { Alternative, FilterTerm } from "../match-region/filter-term.ts";
import { addressTerms, exactly, isAny, isPortOnly } from "../model/party.ts";
import type { Party } from "../model/policy.ts";
import type { DirectedView, Role } from "./directed-views.ts";
import type { MirroredPort } from "./mirrored-ports.ts";
import type { PlacedEnds } from "./placed-ends.ts";
import { type Place, type Placement, presentPlaces } from "./placement.ts";

/** A switch where frames of a direction are tapped. */
export interface TapPoint {
  readonly dpid: Dpid;
  readonly edge: "sender" | "receiver";
  /** The port of the end at whose edge the tap point is. */
  readonly place: Place;
  readonly role: Role;
  /** What a frame must match to be tapped here, apart from the filters. */
  readonly terms: readonly FilterTerm[];
  /** Frames that enter the switch by this port are not tapped. */
  readonly exceptInPort?: PortNo;
  /** Frames for hosts that are known elsewhere than at this port are not tapped. */
  readonly exceptHostsBut?: Place;
  /** Mirrors hand the frames of the port to another switch, which is `dpid` where they have a way there. */
  readonly mirrored?: MirroredPort;
}

/** The network as far as tap points depend on it. */
export interface TapPointQuery {
  /** The MAC addresses of the hosts known at a port. */
  macsAt(place: Place): readonly number[];
  /** Whether the frames for unknown hosts that a switch floods count among those that leave by a port. */
  copiesFloods(dpid: Dpid): boolean;
  /** How mirrors hand the frames of a port to another switch; undefined: they are tapped at its own. */
  mirroredPort(place: Place, use: PatchUse): MirroredPort | undefined;
}

/** Destinations of multicast and broadcast frames. */
const GROUP_ADDRESS: Alternative = { value: 2 ** 40, mask: 2 ** 40 };
const ANY_ADDRESS: Alternative = { value: 0, mask: 0 };

/**
 * The tap points of a view: the sender's edge; where the sender has no known place, the receiver's
 * edge; where neither has one, the known hosts of a prefix. Without one: why not, a clause for each
 * end concerned.
 */
export function tapPoints(
  view: DirectedView,
  ends: PlacedEnds,
  network: TapPointQuery,
): { readonly points: readonly TapPoint[] } | { readonly reasons: readonly string[] } {
  const { from, to } = ends;
  const sent = addressesOf(view.from, from, "Src");
  const leaving = isPortOnly(view.to) ? leavingBy(network, to, view.to) : undefined;
  const received = isPortOnly(view.to) ? leaving?.terms : addressesOf(view.to, to, "Dst");
  if (sent === undefined) return { reasons: [reasonOf(from)] };
  if (received === undefined) return { reasons: [reasonOf(to)] };
  const flooded = leaving?.floodedAt;
  const both: Ends = { view, terms: [...sent, ...received], to, flooded };
  const sending = (places: readonly Place[]) => atSender(both, places, network);
  const receiving = (places: readonly Place[]) => atReceiver({ ...both, sent }, places, network);
  if (from.kind === "exact") return sending(from.places);
  if (to.kind === "exact") return receiving(to.places);
  if (from.kind === "spread") return sending(from.places);
  if (to.kind === "spread") return receiving(to.places);
  const isAnyToAny = isAny(view.from) && isAny(view.to);
  if (isAnyToAny) return { reasons: ["neither end of the conversation has a place"] };
  return { reasons: [reasonOf(from), reasonOf(to)] };
}

interface Ends {
  readonly view: DirectedView;
  readonly terms: readonly FilterTerm[];
  readonly to: Placement;
  /** The port of a port receiver to which frames for unknown hosts are flooded; undefined: there is none. */
  readonly flooded: Place | undefined;
}

function atSender(
  { view, terms, to, flooded }: Ends,
  places: readonly Place[],
  network: TapPointQuery,
) {
  // A frame does not leave by the port by which it entered.
  const outside = places.filter(({ dpid, port }) => !isPortOnly(view.to) || !isAt(to, dpid, port));
  if (outside.length === 0) return { reasons: ["sender and receiver are the same port"] };
  return {
    points: outside.map((place): TapPoint => {
      const mirrored = network.mirroredPort(place, "sent");
      const { dpid, port } = mirrored?.entry ?? place;
      const at = {
        dpid,
        edge: "sender",
        place,
        role: view.roles.from,
        ...viaMirror(mirrored),
      } as const;
      const known = mirrored?.isShared ? [addressAt(network, place, "ethSrc")] : [];
      const all = [exactly("inPort", port), ...known, ...terms];
      return { ...at, terms: all, ...exceptHosts(flooded) };
    }),
  };
}

function exceptHosts(place: Place | undefined) {
  return place === undefined ? {} : { exceptHostsBut: place };
}

function viaMirror(mirrored: MirroredPort | undefined) {
  return mirrored === undefined ? {} : { mirrored };
}

function atReceiver(
  { view, terms, flooded, sent }: Ends & { readonly sent: readonly FilterTerm[] },
  places: readonly Place[],
  network: TapPointQuery,
) {
  return {
    points: presentPlaces(places).map((place): TapPoint => {
      const { dpid, port, mac } = place;
      const at = { dpid, edge: "receiver", place, role: view.roles.to } as const;
      const mirrored = network.mirroredPort(place, "received");
      if (mirrored !== undefined) {
        // What enters there has left by the port, whatever its destination is.
        const entry = mirrored.entry ?? place;
        const isOpen = isPortOnly(view.to) || mac === undefined;
        const known = mirrored.isShared ? [addressAt(network, place, "ethDst")] : [];
        const own = isOpen ? known : [exactly("ethDst", mac)];
        const to = isPortOnly(view.to) ? [...sent, ...addressTerms(view.to, "Dst")] : terms;
        const all = [exactly("inPort", entry.port), ...own, ...to];
        return { ...at, dpid: entry.dpid, terms: all, mirrored };
      }
      if (isPortOnly(view.to) || mac === undefined) {
        return { ...at, terms, exceptInPort: port, ...exceptHosts(flooded) };
      }
      // At the last switch a frame has the receiver's own address, whatever routers it passed.
      return { ...at, terms: [exactly("ethDst", mac), ...terms] };
    }),
  };
}

/** The frames with the address of a host at a port; as destination also those for groups. */
function addressAt(network: TapPointQuery, place: Place, name: "ethSrc" | "ethDst"): FilterTerm {
  const field = fieldNamed(name);
  const macs = place.mac === undefined ? network.macsAt(place) : [place.mac];
  const alternatives = macs.map((value): Alternative => ({ value, mask: field.fullMask }));
  return {
    field,
    alternatives: name === "ethDst" ? [...alternatives, GROUP_ADDRESS] : alternatives,
  };
}

function reasonOf(placement: Placement): string {
  if (placement.kind !== "nowhere") throw new Error("a place needs no reason");
  return placement.reason;
}

/** The terms that select an identifier's frames; undefined when it matches no known host. */
function addressesOf(party: Party, placement: Placement, side: "Src" | "Dst") {
  if (placement.kind === "nowhere" && placement.matchesNothing) return undefined;
  if (party.host === undefined) return addressTerms(party, side);
  const mac = placement.kind === "nowhere" ? undefined : placement.places[0]?.mac;
  return mac === undefined ? undefined : addressTerms({ ...party, mac }, side);
}

/** Which frames leave by a port. */
interface Leaving {
  readonly terms: readonly FilterTerm[];
  /** The port, if frames for unknown hosts are flooded to it: then frames for known hosts elsewhere are exempt. */
  readonly floodedAt?: Place;
}

/**
 * The frames that leave by a port: those for the hosts known there, those for groups, and those for
 * unknown hosts, which are flooded. Where a switch decides by what it has learned itself, it is not
 * known which hosts are unknown to it: their frames do not count. Those for known hosts are a part of
 * their own all the same: their fixed destination decides how the copies are carried.
 */
function leavingBy(
  network: TapPointQuery,
  placement: Placement,
  party: Party,
): Leaving | undefined {
  const place = placement.kind === "nowhere" ? undefined : placement.places[0];
  if (place === undefined) return undefined;
  const macs = network.macsAt(place);
  const field = fieldNamed("ethDst");
  const known = macs.map((mac): Alternative => ({ value: mac, mask: field.fullMask }));
  const addresses = addressTerms(party, "Dst");
  if (!network.copiesFloods(place.dpid)) {
    return { terms: [{ field, alternatives: [...known, GROUP_ADDRESS] }, ...addresses] };
  }
  const parts = known.length > 0 ? [{ field, alternatives: [...known, ANY_ADDRESS] }] : [];
  return { terms: [...parts, ...addresses], floodedAt: place };
}

function isAt(placement: Placement, dpid: Dpid, port: PortNo): boolean {
  if (placement.kind === "nowhere") return false;
  return placement.places.some((place) => place.dpid === dpid && place.port === port);
}
