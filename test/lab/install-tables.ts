// SPDX-License-Identifier: Apache-2.0
import { connect } from "node:net";
import { join } from "node:path";
import {
  cookieFor,
  type FlowActionSpec,
  type FlowSpec,
  flowKey,
  type GroupSpec,
  type MeterSpec,
} from "../../src/flow-model/index.ts";
import {
  type Action,
  applyActions,
  barrierRequest,
  bucket,
  decodeMessage,
  describeError,
  encodeMessage,
  FlowModCommand,
  Framer,
  flowMod,
  GroupId,
  GroupModCommand,
  group,
  groupMod,
  hello,
  type Instruction,
  type Message,
  MeterId,
  MeterModCommand,
  meterMod,
  TableId,
} from "../../src/openflow/index.ts";
import { meterFrom } from "../../src/reconcile/model/meter-content.ts";
import type { OvsLab } from "./ovs-lab.ts";

/**
 * Makes a switch's tables hold exactly the given entries, without a controller: sends encoded messages
 * to the switch's management socket. Rejects with the switch's error if it refuses one.
 */
export async function installTables(
  lab: Pick<OvsLab, "directory">,
  switchName: string,
  flows: readonly FlowSpec[],
): Promise<void> {
  const messages: Message[] = [
    flowMod({ command: FlowModCommand.Delete, tableId: TableId.All }),
    groupMod({ command: GroupModCommand.Delete, groupId: GroupId.All }),
    meterMod({ command: MeterModCommand.Delete, meterId: MeterId.All }),
    ...tableMessages(flows),
  ];
  const encoded = [...messages, barrierRequest()].map((message) => encodeMessage(message));
  return sendAll(join(lab.directory, `${switchName}.mgmt`), encoded);
}

/** The messages that add the entries: each meter and group once, before what uses it. */
function tableMessages(flows: readonly FlowSpec[]): Message[] {
  const meters: Message[] = [];
  const groups: Message[] = [];
  const toAction = (spec: FlowActionSpec): Action => {
    if (spec.type === "punt") throw new Error("punts are not installed by hand");
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

function sendAll(path: string, messages: readonly Uint8Array[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const framer = new Framer();
    const socket = connect(path);
    const end = (problem?: Error) => {
      socket.destroy();
      if (problem) reject(problem);
      else resolve();
    };
    const receive = (message: Message) => {
      if (message.type === "error") {
        end(new Error(describeError(message.errorType, message.errorCode)));
      } else if (message.type === "barrierReply") end();
      else if (message.type === "hello") {
        for (const bytes of messages) socket.write(bytes);
      }
    };
    socket.on("error", end);
    socket.on("connect", () => socket.write(encodeMessage(hello())));
    socket.on("data", (chunk) => {
      for (const bytes of framer.push(chunk)) receive(decodeMessage(bytes));
    });
  });
}
