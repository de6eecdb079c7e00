// SPDX-License-Identifier: Apache-2.0
import { NX_IN_PORT, NX_PRESENT_TABLE } from "../../nicira/resubmit.ts";
import type { Action } from "../../structures/action.ts";
import { NO_TRUNCATION } from "../../structures/reserved.ts";
import { formatSubfield, parseSubfield, type Subfield } from "../fields/subfields.ts";
import { fromPort, toPort } from "../fields/value-styles.ts";
import { bytesText, hex, parseBytes, parseInteger, parseSmall } from "../values/numbers.ts";
import { formatPort, parsePort } from "../values/ports.ts";
import type { Item, Located } from "../values/scanner.ts";
import { badSyntax, badValue, missing } from "../values/text-error.ts";
import {
  type ActionOf,
  type ActionRow,
  actionRow,
  argument,
  arrow,
  noArgument,
} from "./action-row.ts";
import { formatSetField } from "./action-rows.ts";
import { loadBits } from "./set-bits.ts";

type Resubmit = ActionOf<"nxResubmit" | "nxResubmitTable" | "nxResubmitTableCt">;

function formatResubmit({ type, inPort, tableId }: Resubmit): string {
  const port = inPort === NX_IN_PORT ? "" : formatPort(toPort(inPort));
  if (
    type === "nxResubmit" ||
    (type === "nxResubmitTable" && port !== "" && tableId === NX_PRESENT_TABLE)
  ) {
    return `resubmit:${formatPort(toPort(inPort))}`;
  }
  const table = tableId === NX_PRESENT_TABLE ? "" : String(tableId);
  return `resubmit(${port},${table}${type === "nxResubmitTableCt" ? ",ct" : ""})`;
}

/** The comma-separated parts of a text, each located. */
function commaParts(whole: Located): Located[] {
  let offset = whole.offset;
  return whole.text.split(",").map((part) => {
    const located = { text: part.trim(), offset };
    offset += part.length + 1;
    return located;
  });
}

/** `resubmit:3`, `resubmit(3,1)`, `resubmit(,1)`, `resubmit(,1,ct)`. */
function readResubmit(item: Item): Action {
  const whole = argument(item, "resubmit(,1)");
  const [port, table, ct, ...more] = commaParts(whole);
  const inPort =
    port === undefined || port.text === "" ? NX_IN_PORT : fromPort(parsePort(port), port);
  const tableId =
    table === undefined || table.text === ""
      ? NX_PRESENT_TABLE
      : parseSmall(table.text, table.offset, 8);
  if (more.length > 0 || (ct !== undefined && ct.text !== "ct")) {
    throw badSyntax(
      whole.offset,
      "resubmit accepts a port, a table and ct",
      "write resubmit(port,table)",
    );
  }
  if (ct !== undefined) return { type: "nxResubmitTableCt", inPort, tableId };
  return { type: "nxResubmitTable", inPort, tableId };
}

const LOAD_EXAMPLE = "load:0x5->reg0[0..15]";

function readLoad(item: Item): Action {
  const { from, to } = arrow(item, LOAD_EXAMPLE);
  const dst = parseSubfield(to);
  if (dst.nBits > 64) {
    const detail = `${dst.nBits} bits are too many for one load`;
    throw badValue(to.offset, detail, "name at most 64 bits");
  }
  return loadBits(dst, parseInteger(from.text, from.offset, dst.nBits));
}

function readMove(item: Item): Action {
  const { from, to } = arrow(item, "move:reg0[]->reg1[]");
  const src = parseSubfield(from);
  const dst = parseSubfield(to);
  if (src.nBits !== dst.nBits) {
    const detail = `${from.text} is ${src.nBits} bits wide, ${to.text} ${dst.nBits}`;
    throw badValue(to.offset, detail, "name the same number of bits on both sides");
  }
  const offsets = { srcOfs: src.ofs, dstOfs: dst.ofs };
  return { type: "nxRegMove", nBits: src.nBits, ...offsets, src: src.field, dst: dst.field };
}

/** The length of the action is a multiple of 8 bytes: the note fills the rest after the header. */
const NOTE_LEFT_OVER = 6;

function readNote(item: Item): Action {
  const digits = (item.value?.text ?? "").replaceAll(".", "");
  const bytes = parseBytes(digits);
  if (bytes === undefined) {
    const offset = item.value?.offset ?? item.key.offset;
    throw badValue(offset, "a note consists of bytes", "write note:01.02.ff");
  }
  const padded = Math.max(0, Math.ceil((bytes.length - NOTE_LEFT_OVER) / 8)) * 8 + NOTE_LEFT_OVER;
  const note = new Uint8Array(padded);
  note.set(bytes);
  return { type: "nxNote", note };
}

function readConjunction(item: Item): Action {
  const whole = argument(item, "conjunction(1,1/2)");
  const found = /^\s*(\S+?)\s*,\s*(\d+)\s*\/\s*(\d+)\s*$/.exec(whole.text);
  const [, id = "", clause = "0", total = "0"] = found ?? [];
  const [k, nClauses] = [Number(clause), Number(total)];
  if (found === null || k < 1 || k > nClauses || nClauses < 2 || nClauses > 64) {
    throw badSyntax(
      whole.offset,
      `${whole.text} is not a part of a conjunction`,
      "write conjunction(id,k/n) with 1 <= k <= n and 2 <= n <= 64",
    );
  }
  return { type: "nxConjunction", id: parseSmall(id, whole.offset, 32), clause: k - 1, nClauses };
}

const stack = ({ field, ofs, nBits }: Subfield) => ({ ofs, field, nBits });

function readStack(type: "nxStackPush" | "nxStackPop") {
  return (item: Item): Action => ({
    type,
    ...stack(parseSubfield(argument(item, `${item.key.text}:reg0[]`))),
  });
}

function readDecTtl(item: Item): Action {
  if (item.value === undefined || item.value.text === "") return { type: "decNwTtl" };
  const ids = commaParts(item.value).map(({ text, offset }) => parseSmall(text, offset, 16));
  return { type: "nxDecTtlCntIds", ids };
}

function readEnqueue(item: Item): readonly Action[] {
  const whole = argument(item, "enqueue:1:5");
  const at = whole.text.search(/[:,]/);
  if (at < 0) throw missing(whole.offset, "enqueue has no queue", "write enqueue:port:queue");
  const port = parsePort({ text: whole.text.slice(0, at).trim(), offset: whole.offset });
  const queueId = parseSmall(whole.text.slice(at + 1), whole.offset + at + 1, 32);
  return [
    { type: "setQueue", queueId },
    { type: "output", port, maxLen: NO_TRUNCATION },
    { type: "nxPopQueue" },
  ];
}

/** An action of Open vSwitch without arguments. */
function plain(
  type: "nxPopQueue" | "nxExit" | "nxCtClear",
  name: string,
  more: ActionRow["read"] = {},
): ActionRow {
  const read = (item: Item): Action => {
    noArgument(item);
    return { type };
  };
  return actionRow(type, () => name, { [name]: read, ...more });
}

const formatResubmitRow = (type: Resubmit["type"]) => actionRow(type, formatResubmit, {});

function formatOutputReg({ src, range }: ActionOf<"nxOutputReg" | "nxOutputReg2">): string {
  return `output:${formatSubfield({ field: src, ...range })}`;
}

/** Actions of Open vSwitch, except those with files of their own. */
export const NICIRA_ACTIONS: readonly ActionRow[] = [
  actionRow("nxResubmit", formatResubmit, { resubmit: readResubmit }),
  formatResubmitRow("nxResubmitTable"),
  formatResubmitRow("nxResubmitTableCt"),
  actionRow("nxSetTunnel", ({ tunnelId }) => `set_tunnel:${hex(tunnelId)}`, {}),
  actionRow("nxSetTunnel64", ({ tunnelId }) => `set_tunnel64:${hex(tunnelId)}`, {}),
  actionRow("nxSetQueue", ({ queueId }) => `set_queue:${queueId}`, {}),
  plain("nxPopQueue", "pop_queue", { enqueue: readEnqueue }),
  actionRow(
    "nxRegMove",
    ({ src, srcOfs, dst, dstOfs, nBits }) =>
      `move:${formatSubfield({ field: src, ofs: srcOfs, nBits })}->${formatSubfield({ field: dst, ofs: dstOfs, nBits })}`,
    { move: readMove },
  ),
  actionRow(
    "nxRegLoad",
    ({ dst, range, value }) => `load:${hex(value)}->${formatSubfield({ field: dst, ...range })}`,
    { load: readLoad },
  ),
  actionRow("nxRegLoad2", ({ field }) => formatSetField(field), {}),
  actionRow("nxNote", ({ note }) => `note:${bytesText(note, ".")}`, { note: readNote }),
  actionRow("nxOutputReg", formatOutputReg, {}),
  actionRow("nxOutputReg2", formatOutputReg, {}),
  actionRow(
    "nxOutputTrunc",
    ({ port, maxLen }) => `output(port=${formatPort(toPort(port))},max_len=${maxLen})`,
    {},
  ),
  plain("nxExit", "exit"),
  actionRow("nxDecTtl", () => "dec_ttl", {}),
  actionRow("nxDecTtlCntIds", ({ ids }) => `dec_ttl(${ids.join(",")})`, { dec_ttl: readDecTtl }),
  actionRow("nxStackPush", (action) => `push:${formatSubfield(action)}`, {
    push: readStack("nxStackPush"),
  }),
  actionRow("nxStackPop", (action) => `pop:${formatSubfield(action)}`, {
    pop: readStack("nxStackPop"),
  }),
  actionRow(
    "nxConjunction",
    ({ id, clause, nClauses }) => `conjunction(${id},${clause + 1}/${nClauses})`,
    { conjunction: readConjunction },
  ),
  plain("nxCtClear", "ct_clear"),
  actionRow(
    "nxClone",
    ({ actions }, nested) => `clone(${actions.length === 0 ? "drop" : nested(actions)})`,
    {
      clone: (item, { actions }) => ({
        type: "nxClone",
        actions: item.value === undefined ? [] : actions(item.value),
      }),
    },
  ),
];
