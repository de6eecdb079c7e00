// SPDX-License-Identifier: Apache-2.0
import {
  cookieFor,
  type FlowActionSpec,
  type FlowSpec,
  flowKey,
  type GroupSpec,
  type MeterSpec,
  toOwnController,
} from "../../src/flow-model/index.ts";
import {
  type Action,
  applyActions,
  bucket,
  encodeMessage,
  FlowModCommand,
  flowMod,
  GroupId,
  GroupModCommand,
  group,
  groupMod,
  type Instruction,
  type Message,
  MeterId,
  MeterModCommand,
  meterMod,
  TableId,
} from "../../src/openflow/index.ts";
import { meterFrom } from "../../src/reconcile/model/meter-content.ts";
import type { OvsLab } from "./ovs-lab.ts";
import { sendMessages } from "./switch-messages.ts";

/**
 * Makes a switch's tables hold exactly the given entries, without a controller: sends encoded messages
 * to the switch's management socket. Rejects with the switch's error if it refuses one.
 */
export async function installTables(
  lab: Pick<OvsLab, "directory">,
  switchName: string,
  flows: readonly FlowSpec[],
): Promise<void> {
  return sendMessages(lab, switchName, encoded([...EMPTYING, ...tableMessages(flows)]));
}

/** Deletes every entry, group and meter of a switch. */
export function emptyTables(lab: Pick<OvsLab, "directory">, switchName: string): Promise<void> {
  return sendMessages(lab, switchName, encoded(EMPTYING));
}

function encoded(messages: readonly Message[]): Uint8Array[] {
  return messages.map((message) => encodeMessage(message));
}

const EMPTYING: readonly Message[] = [
  flowMod({ command: FlowModCommand.Delete, tableId: TableId.All }),
  groupMod({ command: GroupModCommand.Delete, groupId: GroupId.All }),
  meterMod({ command: MeterModCommand.Delete, meterId: MeterId.All }),
];

/** The messages that add the entries: each meter and group once, before what uses it. */
function tableMessages(flows: readonly FlowSpec[]): Message[] {
  const meters: Message[] = [];
  const groups: Message[] = [];
  const toAction = (spec: FlowActionSpec): Action => {
    if (spec.type === "punt") {
      return toOwnController(spec.maxLen, spec.meter && meterIdOf(spec.meter));
    }
    return spec.type === "useGroup" ? group(groupIdOf(spec.group)) : spec;
  };
  const groupIdOf = numbered((spec: GroupSpec) => {
    const buckets = spec.buckets.map(({ actions }) => bucket(actions.map(toAction)));
    return [buckets, (groupId) => groups.push(groupMod({ groupId, buckets }))];
  });
  const meterIdOf = numbered((spec: MeterSpec) => {
    return [
      spec,
      (meterId) => {
        const { flags, bands } = meterFrom(meterId, spec);
        meters.push(meterMod({ meterId, flags, bands }));
      },
    ];
  });
  const metered = (spec?: MeterSpec): Instruction[] =>
    spec === undefined ? [] : [{ type: "meter", meterId: meterIdOf(spec) }];
  const mods = flows.map((flow) =>
    flowMod({
      tableId: flow.table,
      priority: flow.priority,
      match: flow.match,
      cookie: cookieFor(flow.category, flowKey(flow)),
      instructions: [
        ...metered(flow.meter),
        ...(flow.actions.length > 0 ? [applyActions(...flow.actions.map(toAction))] : []),
      ],
    }),
  );
  return [...meters, ...groups, ...mods];
}

/** Assigns numbers from 1, one to each content, and calls `make` for new content. */
function numbered<T>(
  read: (spec: T) => [content: unknown, make: (id: number) => void],
): (spec: T) => number {
  const ids = new Map<string, number>();
  return (spec) => {
    const [content, make] = read(spec);
    const key = JSON.stringify(content, (_, value) =>
      typeof value === "bigint" ? `${value}n` : value,
    );
    const known = ids.get(key);
    if (known !== undefined) return known;
    const id = ids.size + 1;
    ids.set(key, id);
    make(id);
    return id;
  };
}
