// SPDX-License-Identifier: Apache-2.0
import type { CtZone } from "../../nicira/ct.ts";
import type { Action } from "../../structures/action.ts";
import { formatIpv4, parseIpv4, parseIpv6 } from "../../wire/address.ts";
import { formatSubfield, parseSubfield } from "../fields/subfields.ts";
import { ipv6Text, parseSmall } from "../values/numbers.ts";
import { type Item, items, type Located } from "../values/scanner.ts";
import { badSyntax, badValue, missing, unknownName } from "../values/text-error.ts";
import {
  type ActionOf,
  type ActionRow,
  actionRow,
  type FormatActions,
  type ReadContext,
} from "./action-row.ts";

type Ct = ActionOf<"nxCt">;
type Nat = ActionOf<"nxNat">;

const COMMIT = 1;
const FORCE = 2;
const NO_TABLE = 0xff;
const ALGS = new Map([
  [21, "ftp"],
  [69, "tftp"],
]);

const NAT_SRC = 1;
const NAT_DST = 2;
const NAT_OPTIONS: readonly (readonly [name: string, bit: number])[] = [
  ["persistent", 4],
  ["hash", 8],
  ["random", 16],
];

function formatZone(zone: CtZone): string {
  if (zone.type === "immediate") return zone.value === 0 ? "" : `zone=${zone.value}`;
  return `zone=${formatSubfield({ field: zone.field, ...zone.range })}`;
}

function formatCt({ flags, zone, recircTable, alg, actions }: Ct, nested: FormatActions): string {
  // Address translation comes first and by itself; other nested actions are inside exec(…).
  const [first, ...others] = actions;
  const nat = first?.type === "nxNat" ? [first] : [];
  const exec = nat.length > 0 ? others : actions;
  const parts = [
    flags & COMMIT ? "commit" : "",
    flags & FORCE ? "force" : "",
    recircTable === NO_TABLE ? "" : `table=${recircTable}`,
    formatZone(zone),
    nested(nat),
    exec.length === 0 ? "" : `exec(${nested(exec)})`,
    alg === 0 ? "" : `alg=${ALGS.get(alg) ?? alg}`,
  ];
  return `ct(${parts.filter((part) => part !== "").join(",")})`;
}

function formatRange(nat: Nat): string {
  const { ipv4Min, ipv4Max, ipv6Min, ipv6Max, portMin, portMax } = nat;
  const bracket = (ip: bigint) => (portMin === undefined ? ipv6Text(ip) : `[${ipv6Text(ip)}]`);
  const ports =
    portMin === undefined
      ? ""
      : `:${portMin}${portMax === undefined || portMax === portMin ? "" : `-${portMax}`}`;
  if (ipv4Min !== undefined) {
    const last = ipv4Max === undefined || ipv4Max === ipv4Min ? "" : `-${formatIpv4(ipv4Max)}`;
    return `=${formatIpv4(ipv4Min)}${last}${ports}`;
  }
  if (ipv6Min === undefined) return ports === "" ? "" : `=${ports}`;
  const last = ipv6Max === undefined || ipv6Max === ipv6Min ? "" : `-${bracket(ipv6Max)}`;
  return `=${bracket(ipv6Min)}${last}${ports}`;
}

function formatNat(nat: Nat): string {
  const direction = nat.flags & NAT_SRC ? "src" : nat.flags & NAT_DST ? "dst" : "";
  if (direction === "") return "nat";
  const options = NAT_OPTIONS.filter(([, bit]) => nat.flags & bit).map(([name]) => name);
  return `nat(${[direction + formatRange(nat), ...options].join(",")})`;
}

type NatRange = Omit<Nat, "type" | "flags">;

const RANGE_EXAMPLE = "src=10.0.0.1-10.0.0.9:1024-2047 or src=[fe80::1]-[fe80::9]:80";

function readPorts(text: string | undefined, offset: number): NatRange {
  if (text === undefined || text === "") return {};
  const [first = "", last] = text.split("-");
  const portMin = parseSmall(first, offset, 16);
  if (last === undefined) return { portMin };
  return { portMin, portMax: parseSmall(last, offset + first.length + 1, 16) };
}

/** `10.0.0.1-10.0.0.9:1024-2047`, `fe80::1-fe80::9`, `[fe80::1]-[fe80::9]:80`. */
function readRange({ text, offset }: Located): NatRange {
  const found =
    /^(\d[\d.]*)(?:-([\d.]+))?(?::([\d-]+))?$/.exec(text) ??
    /^\[([^\]]+)\](?:-\[([^\]]+)\])?(?::([\d-]+))?$/.exec(text) ??
    /^([\da-f:.]+)(?:-([\da-f:.]+))?$/i.exec(text);
  const [, first = "", last, ports] = found ?? [];
  const portRange = readPorts(ports, offset + text.length - (ports ?? "").length);
  const v4 = parseIpv4(first);
  const v4Max = last === undefined ? v4 : parseIpv4(last);
  if (v4 !== undefined && v4Max !== undefined) {
    return { ipv4Min: v4, ...(last === undefined ? {} : { ipv4Max: v4Max }), ...portRange };
  }
  const v6 = parseIpv6(first);
  const v6Max = last === undefined ? v6 : parseIpv6(last);
  if (v6 !== undefined && v6Max !== undefined) {
    return { ipv6Min: v6, ...(last === undefined ? {} : { ipv6Max: v6Max }), ...portRange };
  }
  throw badValue(offset, `${text} is not a range of addresses`, `write it like ${RANGE_EXAMPLE}`);
}

function readNat(item: Item): Action {
  let flags = 0;
  let range: NatRange = {};
  const names = ["src", "dst", ...NAT_OPTIONS.map(([name]) => name)];
  for (const { key, value } of item.value === undefined ? [] : items(item.value)) {
    const bit = new Map([["src", NAT_SRC], ["dst", NAT_DST], ...NAT_OPTIONS]).get(key.text);
    if (bit === undefined) throw unknownName(key.offset, "argument of nat", key.text, names);
    flags |= bit;
    if (value !== undefined) range = readRange(value);
  }
  if (
    (flags & NAT_SRC && flags & NAT_DST) ||
    (flags !== 0 && (flags & (NAT_SRC | NAT_DST)) === 0)
  ) {
    throw badSyntax(
      item.key.offset,
      "nat needs a source or a destination",
      "write nat(src=…) or nat(dst=…)",
    );
  }
  return { type: "nxNat", flags, ...range };
}

interface CtKeys {
  flags: number;
  zone: CtZone;
  recircTable: number;
  alg: number;
  nat: readonly Action[];
  exec: readonly Action[];
}

function readZone(value: Located): CtZone {
  if (/^\d/.test(value.text)) {
    return { type: "immediate", value: parseSmall(value.text, value.offset, 16) };
  }
  const { field, ofs, nBits } = parseSubfield(value);
  return { type: "field", field, range: { ofs, nBits } };
}

function readAlg({ text, offset }: Located): number {
  const found = [...ALGS].find(([, name]) => name === text);
  if (found !== undefined) return found[0];
  if (/^\d+$/.test(text)) return parseSmall(text, offset, 16);
  throw unknownName(offset, "helper", text, ALGS.values());
}

function need({ key, value }: Item): Located {
  if (value !== undefined) return value;
  throw missing(key.offset, `${key.text} has no value`, `write ${key.text}=…`);
}

type CtReader = (keys: CtKeys, item: Item, context: ReadContext) => void;

const CT_READERS = new Map<string, CtReader>(
  Object.entries<CtReader>({
    commit: (keys) => {
      keys.flags |= COMMIT;
    },
    force: (keys) => {
      keys.flags |= FORCE;
    },
    table: (keys, item) => {
      const { text, offset } = need(item);
      keys.recircTable = parseSmall(text, offset, 8);
    },
    zone: (keys, item) => {
      keys.zone = readZone(need(item));
    },
    alg: (keys, item) => {
      keys.alg = readAlg(need(item));
    },
    nat: (keys, item) => {
      keys.nat = [readNat(item)];
    },
    exec: (keys, item, { actions }) => {
      keys.exec = actions(need(item));
    },
  }),
);

function readCt(item: Item, context: ReadContext): Action {
  const keys: CtKeys = {
    flags: 0,
    zone: { type: "immediate", value: 0 },
    recircTable: NO_TABLE,
    alg: 0,
    nat: [],
    exec: [],
  };
  for (const each of item.value === undefined ? [] : items(item.value)) {
    const read = CT_READERS.get(each.key.text);
    if (read === undefined) {
      throw unknownName(each.key.offset, "argument of ct", each.key.text, CT_READERS.keys());
    }
    read(keys, each, context);
  }
  const { nat, exec, ...rest } = keys;
  return { type: "nxCt", ...rest, actions: [...nat, ...exec] };
}

/** Connection tracking. */
export const CT_ACTIONS: readonly ActionRow[] = [
  actionRow("nxCt", formatCt, { ct: readCt }),
  actionRow("nxNat", formatNat, { nat: readNat }),
];
