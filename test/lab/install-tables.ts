import { connect } from "node:net";
import { join } from "node:path";
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
  type Message,
  TableId,
} from "../../src/openflow/index.ts";
import {
  cookieFor,
  type FlowActionSpec,
  type FlowSpec,
  flowKey,
  type GroupSpec,
} from "../../src/pipeline/index.ts";
import type { OvsLab } from "./ovs-lab.ts";

/**
 * Makes a switch's tables hold exactly the given entries, without a controller: our codec's bytes on
 * the switch's management socket. Rejects with the switch's error when it refuses one.
 */
export async function installTables(
  lab: OvsLab,
  switchName: string,
  flows: readonly FlowSpec[],
): Promise<void> {
  const messages: Message[] = [
    flowMod({ command: FlowModCommand.Delete, tableId: TableId.All }),
    groupMod({ command: GroupModCommand.Delete, groupId: GroupId.All }),
    ...tableMessages(flows),
  ];
  const encoded = [...messages, barrierRequest()].map((message) => encodeMessage(message));
  return sendAll(join(lab.directory, `${switchName}.mgmt`), encoded);
}

/** The messages that add the entries: each group once, before the flows that use it. */
function tableMessages(flows: readonly FlowSpec[]): Message[] {
  const ids = new Map<string, number>();
  const groups: Message[] = [];
  const toAction = (spec: FlowActionSpec): Action => {
    if (spec.type === "punt") throw new Error("meters are not installed by hand");
    return spec.type === "useGroup" ? group(idOf(spec.group)) : spec;
  };
  const idOf = (spec: GroupSpec): number => {
    const buckets = spec.buckets.map(({ actions }) => bucket(actions.map(toAction)));
    const key = JSON.stringify(buckets, (_, value) =>
      typeof value === "bigint" ? `${value}n` : value,
    );
    const known = ids.get(key);
    if (known !== undefined) return known;
    const groupId = ids.size + 1;
    ids.set(key, groupId);
    groups.push(groupMod({ groupId, buckets }));
    return groupId;
  };
  const mods = flows.map((flow) =>
    flowMod({
      tableId: flow.table,
      priority: flow.priority,
      match: flow.match,
      cookie: cookieFor(flow.category, flowKey(flow)),
      instructions: flow.actions.length > 0 ? [applyActions(...flow.actions.map(toAction))] : [],
    }),
  );
  return [...groups, ...mods];
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
