// SPDX-License-Identifier: Apache-2.0
import { type Dpid, dpidFromBigint } from "../topology/index.ts";
import type { MessageOf, RequestOutcome } from "./request-outcome.ts";
import type { SwitchDescription } from "./session.ts";
import { describeFailure } from "./transactions.ts";

/** What the handshake learns about a switch. */
export interface SwitchIdentity {
  readonly dpid: Dpid;
  readonly features: MessageOf<"featuresReply">;
  readonly description: SwitchDescription;
}

const NO_DESCRIPTION: SwitchDescription = {
  manufacturer: "",
  hardware: "",
  software: "",
  serialNumber: "",
  datapathDescription: "",
};

/** The identity of a switch by its replies in the handshake, or why there is none, as a clause. */
export function identifySwitch(
  features: RequestOutcome<MessageOf<"featuresReply">>,
  ports: RequestOutcome<unknown>,
  desc: RequestOutcome<readonly SwitchDescription[]>,
): SwitchIdentity | { readonly problem: string } {
  if (features.type !== "reply") return failed(features);
  if (ports.type !== "reply") return failed(ports);
  if (desc.type !== "reply") return failed(desc);
  const { auxiliaryId, datapathId } = features.reply;
  if (auxiliaryId !== 0) return { problem: "auxiliary connections are not supported" };
  const description = desc.reply[0] ?? NO_DESCRIPTION;
  return { dpid: dpidFromBigint(datapathId), features: features.reply, description };
}

function failed(failure: Parameters<typeof describeFailure>[0]): { readonly problem: string } {
  return { problem: `the handshake failed: ${describeFailure(failure)}` };
}
