// SPDX-License-Identifier: Apache-2.0
import { BadRequestCode, ControllerRole, ErrorType, type Message } from "../openflow/index.ts";
import type { Role } from "./session.ts";

/** The controller's role, if the message reveals it. */
export function roleReportedBy(message: Message): Role | undefined {
  if (message.type === "error") {
    const { errorType, errorCode } = message;
    const isSlave = errorType === ErrorType.BadRequest && errorCode === BadRequestCode.IS_SLAVE;
    return isSlave ? "slave" : undefined;
  }
  if (message.type !== "roleStatus") return undefined;
  if (message.role === ControllerRole.Slave) return "slave";
  return message.role === ControllerRole.Master ? "master" : "equal";
}
