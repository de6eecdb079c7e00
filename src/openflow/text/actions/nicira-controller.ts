// SPDX-License-Identifier: Apache-2.0
import type { Action } from "../../structures/action.ts";
import { NO_TRUNCATION, Port } from "../../structures/reserved.ts";
import { namedArguments, namedNumber } from "../fields/unknown-field.ts";
import { fromPort, toPort } from "../fields/value-styles.ts";
import { bytesText, parseBytes, parseSmall } from "../values/numbers.ts";
import { formatPort, parsePort } from "../values/ports.ts";
import { type Item, items, type Located } from "../values/scanner.ts";
import { badSyntax, badValue, missing, unknownName } from "../values/text-error.ts";
import { type ActionOf, type ActionRow, actionRow, numberArgument } from "./action-row.ts";

/** Reasons of packet-ins, from 0 up. */
const REASONS = ["no_match", "action", "invalid_ttl", "action_set", "group", "packet_out"];
const ACTION = 1;

/** Arguments of `controller(…)`; absent ones have their defaults. */
interface ControllerKeys {
  reason?: number;
  maxLen?: number;
  id?: number;
  userdata?: Uint8Array;
  pause?: boolean;
  meterId?: number;
}

function formatController(keys: ControllerKeys): string {
  const { reason = ACTION, maxLen = NO_TRUNCATION, id = 0, userdata, pause, meterId } = keys;
  const parts = [
    reason === ACTION ? "" : `reason=${REASONS[reason] ?? reason}`,
    maxLen === NO_TRUNCATION ? "" : `max_len=${maxLen}`,
    id === 0 ? "" : `id=${id}`,
    userdata === undefined || userdata.length === 0 ? "" : `userdata=${bytesText(userdata, ".")}`,
    pause ? "pause" : "",
    meterId === undefined ? "" : `meter_id=${meterId}`,
  ].filter((part) => part !== "");
  const others = parts.filter((part) => !part.startsWith("max_len="));
  return others.length === 0 ? `CONTROLLER:${maxLen}` : `controller(${parts.join(",")})`;
}

function keysOf({ properties }: ActionOf<"nxController2">): ControllerKeys {
  const keys: ControllerKeys = {};
  for (const property of properties) {
    if (property.type === "maxLen") keys.maxLen = property.maxLen;
    else if (property.type === "controllerId") keys.id = property.controllerId;
    else if (property.type === "reason") keys.reason = property.reason;
    else if (property.type === "userdata") keys.userdata = property.data;
    else if (property.type === "pause") keys.pause = true;
    else if (property.type === "meterId") keys.meterId = property.meterId;
  }
  return keys;
}

function readReason({ text, offset }: Located): number {
  const reason = REASONS.indexOf(text);
  if (reason >= 0) return reason;
  if (/^\d+$/.test(text)) return parseSmall(text, offset, 8);
  throw unknownName(offset, "reason", text, REASONS);
}

function readUserdata({ text, offset }: Located): Uint8Array {
  const bytes = parseBytes(text.replaceAll(".", ""));
  if (bytes !== undefined) return bytes;
  throw badValue(offset, `${text} is not a list of bytes`, "write userdata=01.02.ff");
}

type KeyReader = (keys: ControllerKeys, value: Located) => void;

const READERS = new Map<string, KeyReader>(
  Object.entries<KeyReader>({
    reason: (keys, value) => {
      keys.reason = readReason(value);
    },
    max_len: (keys, { text, offset }) => {
      keys.maxLen = parseSmall(text, offset, 16);
    },
    id: (keys, { text, offset }) => {
      keys.id = parseSmall(text, offset, 16);
    },
    userdata: (keys, value) => {
      keys.userdata = readUserdata(value);
    },
    meter_id: (keys, { text, offset }) => {
      keys.meterId = parseSmall(text, offset, 32);
    },
  }),
);

function readKeys(whole: Located): ControllerKeys {
  const keys: ControllerKeys = {};
  for (const { key, value } of items(whole)) {
    if (key.text === "pause") {
      keys.pause = true;
      continue;
    }
    const read = READERS.get(key.text);
    if (read === undefined) {
      throw unknownName(key.offset, "argument of controller", key.text, [
        ...READERS.keys(),
        "pause",
      ]);
    }
    if (value === undefined)
      throw missing(key.offset, `${key.text} has no value`, `write ${key.text}=…`);
    read(keys, value);
  }
  return keys;
}

/** Open vSwitch includes two bytes of padding in these properties, and requires them. */
const padding = new Uint8Array(2);

/** Properties of the second form of the action: the values that are not defaults, length first. */
function secondForm({ reason, maxLen, id, userdata, pause, meterId }: ControllerKeys): Action {
  const properties: ActionOf<"nxController2">["properties"][number][] = [];
  if (maxLen !== undefined && maxLen !== NO_TRUNCATION)
    properties.push({ type: "maxLen", maxLen, padding });
  if (id !== undefined && id !== 0)
    properties.push({ type: "controllerId", controllerId: id, padding });
  if (reason !== undefined && reason !== ACTION) properties.push({ type: "reason", reason });
  if (userdata !== undefined && userdata.length > 0)
    properties.push({ type: "userdata", data: userdata });
  if (pause) properties.push({ type: "pause" });
  if (meterId !== undefined) properties.push({ type: "meterId", meterId });
  return { type: "nxController2", properties };
}

/** `CONTROLLER:128`, `controller(reason=no_match,id=5)`: the simplest action with these arguments. */
function readController(item: Item): Action {
  if (item.form !== "brackets") {
    const maxLen =
      item.value === undefined ? NO_TRUNCATION : numberArgument(item, 16, "CONTROLLER:128");
    return { type: "output", port: Port.Controller, maxLen };
  }
  const keys = readKeys(item.value ?? item.key);
  const { reason = ACTION, maxLen = NO_TRUNCATION, id = 0, userdata, pause, meterId } = keys;
  const second = (userdata?.length ?? 0) > 0 || pause || meterId !== undefined;
  if (second) return secondForm(keys);
  if (reason === ACTION && id === 0 && userdata === undefined)
    return { type: "output", port: Port.Controller, maxLen };
  return { type: "nxController", maxLen, controllerId: id, reason };
}

type Sample = ActionOf<"nxSample"> | ActionOf<"nxSample2"> | ActionOf<"nxSample3">;

const NO_PORT = 0xffff;
const DIRECTIONS = ["", "ingress", "egress"];

function formatSample(action: Sample): string {
  const { probability, collectorSetId, obsDomainId, obsPointId } = action;
  const ids = `collector_set_id=${collectorSetId},obs_domain_id=${obsDomainId},obs_point_id=${obsPointId}`;
  const { samplingPort = NO_PORT, direction = 0 } = action.type === "nxSample" ? {} : action;
  const port = samplingPort === NO_PORT ? "" : `,sampling_port=${formatPort(toPort(samplingPort))}`;
  const suffix = direction === 0 ? "" : `,${DIRECTIONS[direction] ?? direction}`;
  return `sample(probability=${probability},${ids}${port}${suffix})`;
}

function readSample(item: Item): Action {
  const given = namedArguments(item);
  const probability = namedNumber(given, "probability", 16);
  if (probability === undefined || probability === 0) {
    throw badSyntax(item.key.offset, "the sample has no probability", "add probability=1 to 65535");
  }
  const sample = {
    probability,
    collectorSetId: namedNumber(given, "collector_set_id", 32) ?? 0,
    obsDomainId: namedNumber(given, "obs_domain_id", 32) ?? 0,
    obsPointId: namedNumber(given, "obs_point_id", 32) ?? 0,
  };
  const port = given.get("sampling_port");
  const samplingPort = port === undefined ? NO_PORT : fromPort(parsePort(port), port);
  const direction = given.has("ingress") ? 1 : given.has("egress") ? 2 : 0;
  if (direction !== 0) return { type: "nxSample3", ...sample, samplingPort, direction };
  if (samplingPort !== NO_PORT) return { type: "nxSample2", ...sample, samplingPort, direction };
  return { type: "nxSample", ...sample };
}

/** Actions that send a packet, or a report of it, to a controller or collector. */
export const CONTROLLER_ACTIONS: readonly ActionRow[] = [
  actionRow(
    "nxController",
    ({ reason, maxLen, controllerId }) => formatController({ reason, maxLen, id: controllerId }),
    { controller: readController },
  ),
  actionRow("nxController2", (action) => formatController(keysOf(action)), {}),
  actionRow("nxSample", formatSample, { sample: readSample }),
  actionRow("nxSample2", formatSample, {}),
  actionRow("nxSample3", formatSample, {}),
];
