// SPDX-License-Identifier: Apache-2.0
import type { GroupDescEntry } from "../multipart/index.ts";
import { type Bucket, GroupType } from "../structures/bucket.ts";
import { GroupId, Port } from "../structures/reserved.ts";
import { formatActions, isAction, parseActions, readActions } from "./actions/actions.ts";
import { parseSmall } from "./values/numbers.ts";
import { formatPort, parsePort } from "./values/ports.ts";
import { type Item, items, type Located, Scanner } from "./values/scanner.ts";
import { badSyntax, badValue, missing, unknownName } from "./values/text-error.ts";

/** The content of a group, common to a group-mod and an entry of a multipart reply. */
export type GroupText = Pick<GroupDescEntry, "groupId" | "groupType" | "buckets">;

const TYPES: readonly (readonly [name: string, type: number])[] = [
  ["all", GroupType.All],
  ["select", GroupType.Select],
  ["indirect", GroupType.Indirect],
  ["ff", GroupType.FastFailover],
  ["fast_failover", GroupType.FastFailover],
];

const TYPE_NAMES = new Map([...TYPES].reverse().map(([name, type]) => [type, name]));
const TYPES_BY_NAME = new Map(TYPES);

/** The default weight of a bucket. */
function defaultWeight(groupType: number): number {
  return groupType === GroupType.Select ? 1 : 0;
}

function formatBucket(bucket: Bucket, groupType: number): string {
  const { weight, watchPort, watchGroup } = bucket;
  // Outside select groups Open vSwitch accepts only weight 0; other switches may accept others.
  const weighted = weight !== defaultWeight(groupType);
  const parts = [
    weighted ? `weight:${weight},` : "",
    watchPort === Port.Any ? "" : `watch_port:${formatPort(watchPort)},`,
    watchGroup === GroupId.Any ? "" : `watch_group:${watchGroup},`,
  ];
  return `bucket=${parts.join("")}actions=${formatActions(bucket.actions)}`;
}

/** A group as `ovs-ofctl dump-groups` prints it: `group_id=1,type=all,bucket=actions=output:1`. */
export function formatGroup(group: GroupText): string {
  const type = TYPE_NAMES.get(group.groupType) ?? String(group.groupType);
  const head = [`group_id=${group.groupId}`, `type=${type}`];
  return [...head, ...group.buckets.map((each) => formatBucket(each, group.groupType))].join(",");
}

type BucketKeys = { -readonly [K in Exclude<keyof Bucket, "actions">]: Bucket[K] };

const BUCKET_KEYS: ReadonlyMap<string, (bucket: BucketKeys, value: Located) => void> = new Map([
  [
    "weight",
    (bucket, { text, offset }) => {
      bucket.weight = parseSmall(text, offset, 16);
    },
  ],
  [
    "watch_port",
    (bucket, value) => {
      bucket.watchPort = parsePort(value);
    },
  ],
  [
    "watch_group",
    (bucket, { text, offset }) => {
      bucket.watchGroup = parseSmall(text, offset, 32);
    },
  ],
  // OpenFlow 1.5 numbers buckets; the key is read so that such texts are accepted.
  [
    "bucket_id",
    (_, { text, offset }) => {
      parseSmall(text, offset, 32);
    },
  ],
]);

/** A bucket's own keys come first; everything from the first action on is actions. */
function parseBucket(text: Located, groupType: number): Bucket {
  const keys: BucketKeys = {
    weight: defaultWeight(groupType),
    watchPort: Port.Any,
    watchGroup: GroupId.Any,
  };
  const actions: Item[] = [];
  const scanner = new Scanner(text);
  for (let item = scanner.next(); item !== undefined; item = scanner.next()) {
    if (/^actions?$/.test(item.key.text) && item.value !== undefined) {
      scanner.rewind(item.value);
      return { ...keys, actions: [...readActions(actions, []), ...parseActions(scanner.rest())] };
    }
    const read = BUCKET_KEYS.get(item.key.text);
    if (read !== undefined && item.value !== undefined) read(keys, item.value);
    else if (isAction(item)) actions.push(item);
    else
      throw unknownName(
        item.key.offset,
        "action or key of a bucket",
        item.key.text,
        BUCKET_KEYS.keys(),
      );
  }
  if (actions.length > 0) return { ...keys, actions: readActions(actions, []) };
  throw missing(text.offset, "the bucket has no actions", "add actions=…, or actions=drop");
}

function readType({ text, offset }: Located): number {
  const type = TYPES_BY_NAME.get(text.toLowerCase());
  if (type !== undefined) return type;
  if (/^\d+$/.test(text)) return parseSmall(text, offset, 8);
  throw unknownName(offset, "group type", text, TYPES_BY_NAME.keys());
}

function readId({ text, offset }: Located): number {
  const id = parseSmall(text, offset, 32);
  if (id <= GroupId.Max) return id;
  throw badValue(offset, `group ${text} is reserved`, `write at most ${GroupId.Max}`);
}

/** Offsets of the buckets: each extends from its `bucket=` to the next. */
function splitBuckets(text: string): { head: Located; buckets: Located[] } {
  const starts = [...text.matchAll(/(?<![^,\s])bucket\s*=/g)];
  const head = { text: text.slice(0, starts[0]?.index), offset: 0 };
  const buckets = starts.map((start, index) => {
    const from = start.index + start[0].length;
    return { text: text.slice(from, starts[index + 1]?.index), offset: from };
  });
  return { head, buckets };
}

const GROUP_KEYS = ["group_id", "type", "bucket"];
const LATER_KEYS = /^(selection_method|selection_method_param|fields|command_bucket_id)$/;

function readHead(head: Located): { groupId: number; groupType: number } {
  let groupId: number | undefined;
  let groupType: number | undefined;
  for (const { key, value } of items(head)) {
    if (LATER_KEYS.test(key.text)) {
      const detail = `OpenFlow 1.4 has no ${key.text} in a group`;
      throw badSyntax(key.offset, detail, `remove ${key.text}`);
    }
    if (!GROUP_KEYS.includes(key.text))
      throw unknownName(key.offset, "key of a group", key.text, GROUP_KEYS);
    if (value === undefined)
      throw missing(key.offset, `${key.text} has no value`, `write ${key.text}=…`);
    if (key.text === "group_id") groupId = readId(value);
    else groupType = readType(value);
  }
  if (groupId === undefined) throw missing(0, "the group has no id", "add group_id=1");
  if (groupType === undefined)
    throw missing(head.text.length, "the group has no type", "add type=all");
  return { groupId, groupType };
}

/**
 * A group from what `ovs-ofctl add-group` accepts or `dump-groups` prints.
 * @throws TextError
 */
export function parseGroup(text: string): GroupText {
  const { head, buckets } = splitBuckets(text);
  const { groupId, groupType } = readHead(head);
  return { groupId, groupType, buckets: buckets.map((each) => parseBucket(each, groupType)) };
}
