// SPDX-License-Identifier: Apache-2.0
import type { Action } from "../../structures/action.ts";
import { formatSubfield, parseSubfield } from "../fields/subfields.ts";
import { namedArguments, namedNumber } from "../fields/unknown-field.ts";
import { parseSmall } from "../values/numbers.ts";
import type { Item, Located } from "../values/scanner.ts";
import { badSyntax, unknownName } from "../values/text-error.ts";
import { type ActionRow, actionRow, argument } from "./action-row.ts";

/** Sets of hashed fields, from 0 up. */
const HASHED = [
  "eth_src",
  "symmetric_l4",
  "symmetric_l3l4",
  "symmetric_l3l4+udp",
  "nw_src",
  "nw_dst",
  "symmetric_l3",
];

const ALGORITHMS = ["modulo_n", "hash_threshold", "hrw", "iter_hash"];

function nameIndex(names: readonly string[], { text, offset }: Located, kind: string): number {
  const index = names.indexOf(text);
  if (index < 0) throw unknownName(offset, kind, text, names);
  return index;
}

/** `multipath(fields,basis,algorithm,n_links,arg,dst)`. */
function readMultipath(item: Item): Action {
  const whole = argument(item, "multipath(eth_src,0,modulo_n,2,0,reg0[])");
  let offset = whole.offset;
  const parts = whole.text.split(",").map((part) => {
    const located = { text: part.trim(), offset };
    offset += part.length + 1;
    return located;
  });
  const [fields, basis, algorithm, links, arg, dst] = parts;
  if (!fields || !basis || !algorithm || !links || !arg || !dst || parts.length !== 6) {
    const remedy = "write multipath(fields,basis,algorithm,n_links,arg,dst)";
    throw badSyntax(whole.offset, "multipath needs six arguments", remedy);
  }
  const nLinks = parseSmall(links.text, links.offset, 17);
  if (nLinks < 1 || nLinks > 65536) {
    throw badSyntax(links.offset, `${nLinks} is not a number of links`, "write 1 to 65536");
  }
  const { field, ofs, nBits } = parseSubfield(dst);
  return {
    type: "nxMultipath",
    fields: nameIndex(HASHED, fields, "set of hashed fields"),
    basis: parseSmall(basis.text, basis.offset, 16),
    algorithm: nameIndex(ALGORITHMS, algorithm, "algorithm"),
    maxLink: nLinks - 1,
    arg: parseSmall(arg.text, arg.offset, 32),
    range: { ofs, nBits },
    dst: field,
  };
}

function readFinTimeout(item: Item): Action {
  const given = namedArguments(item);
  const finIdleTimeout = namedNumber(given, "idle_timeout", 16) ?? 0;
  const finHardTimeout = namedNumber(given, "hard_timeout", 16) ?? 0;
  return { type: "nxFinTimeout", finIdleTimeout, finHardTimeout };
}

function formatFinTimeout(idle: number, hard: number): string {
  const parts = [
    idle === 0 ? "" : `idle_timeout=${idle}`,
    hard === 0 ? "" : `hard_timeout=${hard}`,
  ];
  return `fin_timeout(${parts.filter((part) => part !== "").join(",")})`;
}

/** Actions that select a link by a hash, and fin_timeout. */
export const HASH_ACTIONS: readonly ActionRow[] = [
  actionRow(
    "nxMultipath",
    ({ fields, basis, algorithm, maxLink, arg, range, dst }) => {
      const hashed = HASHED[fields] ?? fields;
      const chosen = ALGORITHMS[algorithm] ?? algorithm;
      const target = formatSubfield({ field: dst, ...range });
      return `multipath(${hashed},${basis},${chosen},${maxLink + 1},${arg},${target})`;
    },
    { multipath: readMultipath },
  ),
  actionRow(
    "nxFinTimeout",
    ({ finIdleTimeout, finHardTimeout }) => formatFinTimeout(finIdleTimeout, finHardTimeout),
    { fin_timeout: readFinTimeout },
  ),
];
