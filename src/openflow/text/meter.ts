// SPDX-License-Identifier: Apache-2.0
import { type Band, MeterFlags } from "../structures/band.ts";
import { MeterId } from "../structures/reserved.ts";
import { namedArguments, namedBytes, namedNumber } from "./fields/unknown-field.ts";
import { bytesText, parseSmall } from "./values/numbers.ts";
import { type Item, items, type Located } from "./values/scanner.ts";
import { badSyntax, missing, unknownName } from "./values/text-error.ts";

/** The content of a meter, common to a meter-mod and an entry of a multipart reply. */
export interface MeterText {
  readonly meterId: number;
  readonly flags: number;
  readonly bands: readonly Band[];
}

const FLAGS = new Map<string, number>([
  ["kbps", MeterFlags.Kbps],
  ["pktps", MeterFlags.Pktps],
  ["burst", MeterFlags.Burst],
  ["stats", MeterFlags.Stats],
]);

const NAMED_METERS = new Map<string, number>([
  ["controller", MeterId.Controller],
  ["slowpath", MeterId.Slowpath],
  ["all", MeterId.All],
]);

const BAND_TYPES = ["drop", "dscp_remark"];

function formatBandType(band: Band): string {
  if (band.type === "dscpRemark") return "dscp_remark";
  if (band.type === "drop") return "drop";
  const data = `data=${bytesText(band.data)}`;
  if (band.type === "unknown") return `unknown(type=${band.code},${data})`;
  return `experimenter(id=0x${band.experimenter.toString(16)},${data})`;
}

function formatBand(band: Band, flags: number): string {
  const words = [`type=${formatBandType(band)}`];
  if (band.type === "unknown") return words.join(" ");
  words.push(`rate=${band.rate}`);
  if (flags & MeterFlags.Burst) words.push(`burst_size=${band.burstSize}`);
  if (band.type === "dscpRemark") words.push(`prec_level=${band.precLevel}`);
  return words.join(" ");
}

/**
 * A meter as `ovs-ofctl dump-meters` prints it, one line per band:
 *
 * ```
 * meter=1 kbps burst bands=
 * type=drop rate=1000 burst_size=100
 * ```
 */
export function formatMeter(meter: MeterText): string {
  const named = [...NAMED_METERS].find(([, id]) => id === meter.meterId)?.[0];
  const flags = [...FLAGS].filter(([, bit]) => meter.flags & bit).map(([name]) => name);
  const head = [`meter=${named ?? meter.meterId}`, ...flags, "bands="].join(" ");
  return [head, ...meter.bands.map((band) => formatBand(band, meter.flags))].join("\n");
}

interface BandKeys {
  readonly type: Located;
  rate?: number;
  burstSize?: number;
  precLevel?: number;
}

const BAND_KEYS = new Map<string, (band: BandKeys, value: number) => void>([
  [
    "rate",
    (band, value) => {
      band.rate = value;
    },
  ],
  [
    "burst_size",
    (band, value) => {
      band.burstSize = value;
    },
  ],
  [
    "prec_level",
    (band, value) => {
      band.precLevel = value;
    },
  ],
]);

function makeBand(keys: BandKeys): Band {
  const { type, rate, burstSize = 0, precLevel = 0 } = keys;
  const [only] = items(type);
  if (only?.key.text === "unknown") {
    const given = namedArguments(only);
    return {
      type: "unknown",
      code: namedNumber(given, "type", 16) ?? 0,
      data: namedBytes(given, "data", only),
    };
  }
  if (rate === undefined) throw missing(type.offset, "the band has no rate", "add rate=1000");
  if (type.text === "drop") return { type: "drop", rate, burstSize };
  if (type.text === "dscp_remark") return { type: "dscpRemark", rate, burstSize, precLevel };
  if (only?.key.text !== "experimenter")
    throw unknownName(type.offset, "band type", type.text, BAND_TYPES);
  const given = namedArguments(only);
  const experimenter = namedNumber(given, "id", 32) ?? 0;
  return {
    type: "experimenter",
    rate,
    burstSize,
    experimenter,
    data: namedBytes(given, "data", only),
  };
}

function readBand(bands: BandKeys[], { key, value }: Item): void {
  if (value === undefined)
    throw missing(key.offset, `${key.text} has no value`, `write ${key.text}=…`);
  if (key.text === "type") {
    bands.push({ type: value });
    return;
  }
  const read = BAND_KEYS.get(key.text);
  const band = bands.at(-1);
  if (read === undefined)
    throw unknownName(key.offset, "key of a band", key.text, ["type", ...BAND_KEYS.keys()]);
  if (band === undefined)
    throw badSyntax(key.offset, `${key.text} is written before its band`, "write type=drop first");
  read(band, parseSmall(value.text, value.offset, 32));
}

function readId({ text, offset }: Located): number {
  return NAMED_METERS.get(text.toLowerCase()) ?? parseSmall(text, offset, 32);
}

/** Offset of the bands, after `band=` or `bands=`. */
function splitBands(text: string): { head: Located; bands: Located } {
  const found = /(?<![^,\s])bands?\s*=/.exec(text);
  if (found === null)
    throw missing(text.length, "the meter has no bands", "add bands=type=drop,rate=1000");
  const start = found.index + found[0].length;
  return {
    head: { text: text.slice(0, found.index), offset: 0 },
    bands: { text: text.slice(start), offset: start },
  };
}

function readHead(head: Located): { meterId: number; flags: number } {
  let meterId: number | undefined;
  let flags = 0;
  for (const { key, value } of items(head)) {
    const bit = FLAGS.get(key.text);
    if (bit !== undefined) flags |= bit;
    else if (key.text !== "meter")
      throw unknownName(key.offset, "key of a meter", key.text, ["meter", ...FLAGS.keys()]);
    else if (value === undefined) throw missing(key.offset, "meter has no value", "write meter=1");
    else meterId = readId(value);
  }
  if (meterId === undefined) throw missing(0, "the meter has no id", "add meter=1");
  if ((flags & (MeterFlags.Kbps | MeterFlags.Pktps)) === 0) {
    throw missing(head.text.length, "the meter has no unit", "add kbps or pktps");
  }
  return { meterId, flags };
}

/**
 * A meter from what `ovs-ofctl add-meter` accepts or `dump-meters` prints.
 * @throws TextError
 */
export function parseMeter(text: string): MeterText {
  const { head, bands } = splitBands(text);
  const { meterId, flags } = readHead(head);
  const found: BandKeys[] = [];
  for (const item of items(bands)) readBand(found, item);
  return { meterId, flags, bands: found.map(makeBand) };
}
