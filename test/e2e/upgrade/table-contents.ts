// SPDX-License-Identifier: Apache-2.0
import { decodeMessage, type Message } from "../../../src/openflow/index.ts";
import { type OvsLab, readTableMessages } from "../../lab/index.ts";

/**
 * The flow entries of a switch as text, with the contents of groups and meters in place of their ids, which
 * differ between controllers with other histories. (`ovs-ofctl` cannot list entries of later fragments that
 * name ports.)
 */
export async function tableContents(lab: OvsLab, switchName: string): Promise<string[]> {
  const contents = new Map<string, string>();
  const text = (value: object) =>
    JSON.stringify(value, (key, member) => {
      if (key === "groupId" || key === "meterId") return contents.get(`${key} ${member}`) ?? member;
      if (key === "bufferId" || key === "xid" || key === "flags") return undefined;
      return typeof member === "bigint" ? `0x${member.toString(16)}` : member;
    });
  const flows: string[] = [];
  for (const bytes of await readTableMessages(lab, switchName)) {
    const message: Message = decodeMessage(bytes);
    if (message.type === "meterMod") {
      contents.set(`meterId ${message.meterId}`, text(message.bands));
    } else if (message.type === "groupMod") {
      contents.set(`groupId ${message.groupId}`, text([message.groupType, message.buckets]));
    } else flows.push(text(message));
  }
  return flows.sort();
}
