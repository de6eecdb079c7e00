// SPDX-License-Identifier: Apache-2.0
import type { BucketSpec } from "../../flow-model/index.ts";
import type { Action, Bucket, OxmField } from "../../openflow/index.ts";
import { canonicalMatch, NO_TRUNCATION, Port } from "../../openflow/index.ts";

/** Wire value of the group type whose every bucket gets the frame. @spec OpenFlow 1.4.1 §7.3.4.3 */
export const GROUP_TYPE_ALL = 0;

/**
 * Canonical text of an action: equal for actions that do the same. Omits what a switch may list
 * differently from what was sent (the length of an output that is not to the controller, a mask of all
 * ones).
 */
function actionKey(action: Action): string {
  switch (action.type) {
    case "output":
      if (action.port !== Port.Controller) return `output:${action.port}`;
      return `output:${action.port}:${action.maxLen}`;
    case "group":
      return `group:${action.groupId}`;
    case "setField":
      return setFieldKey(action.field);
    case "nxController2":
      return puntKey(action.properties);
    default:
      return valueText(action);
  }
}

type PuntProperties = Extract<Action, { type: "nxController2" }>["properties"];

/** A switch omits defaults and orders the properties as it likes. */
function puntKey(properties: PuntProperties): string {
  const texts = properties.flatMap((property) => {
    if (property.type === "maxLen" && property.maxLen === NO_TRUNCATION) return [];
    if (property.type === "userdata" && property.data.length === 0) return [];
    const { padding: _, ...rest } = { padding: undefined, ...property };
    return [valueText(rest)];
  });
  return `punt:${texts.sort().join()}`;
}

function setFieldKey(given: OxmField): string {
  if ("value" in given && given.mask === undefined) return `set:${given.field}=${given.value}`;
  const field = canonicalMatch([given])[0] ?? given;
  if (!("value" in field)) return `set:${valueText(field)}`;
  const mask = field.mask === undefined ? "" : `/${field.mask}`;
  return `set:${field.field}=${field.value}${mask}`;
}

/** Canonical text of an action list, in which order matters, behind a meter. */
export function actionsKey(actions: readonly Action[], meter?: number): string {
  if (meter !== undefined) return `meter:${meter};${actionsKey(actions)}`;
  const [first] = actions;
  if (first && actions.length === 1) return actionKey(first);
  return actions.map(actionKey).join(";");
}

/** Canonical text of a bucket's actions: an action set, whose order the standard defines. */
export function actionSetKey(actions: readonly Action[]): string {
  const [first] = actions;
  if (first && actions.length === 1) return actionKey(first);
  return actions.map(actionKey).sort().join(";");
}

/** Canonical text of a group: the identity of its content. */
export function groupContent(type: number, buckets: readonly Bucket[]): string {
  const keys = buckets.map(({ actions }) => actionSetKey(actions));
  if (type === GROUP_TYPE_ALL) return allGroupContent(keys);
  const texts = buckets.map(
    ({ weight, watchPort, watchGroup }, index) =>
      `[${weight},${watchPort},${watchGroup}:${keys[index]}]`,
  );
  return `type ${type} ${texts.join("")}`;
}

/** `groupContent` of a group of type all from the keys of its buckets' action sets. */
export function allGroupContent(bucketKeys: readonly string[]): string {
  return `[${bucketKeys.join("][")}]`;
}

/** Any plain value as text, members in their order. */
function valueText(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => {
    if (typeof part === "bigint") return `${part}n`;
    if (part instanceof Uint8Array) return Buffer.from(part).toString("hex");
    return part;
  });
}

/**
 * Identifies a copy's bucket on the switch. Undefined for one that uses a group, whose id is not part
 * of the spec.
 */
export function copyKey(bucket: BucketSpec): string | undefined {
  const plain: Action[] = [];
  for (const action of bucket.actions) {
    if (action.type === "useGroup") return undefined;
    plain.push(action);
  }
  return actionSetKey(plain);
}
