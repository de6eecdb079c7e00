// SPDX-License-Identifier: Apache-2.0
import type {
  Message,
  MultipartReplyBody,
  MultipartRequestBody,
  PortDesc,
} from "../openflow/index.ts";
import type { CommitOutcome, MessageList, StepOutcome } from "../reconcile/index.ts";
import type { Dpid } from "../topology/index.ts";
import type { MessageOf, RequestOutcome } from "./request-outcome.ts";

/** Description that a switch reports. */
export interface SwitchDescription {
  readonly manufacturer: string;
  readonly hardware: string;
  readonly software: string;
  readonly serialNumber: string;
  readonly datapathDescription: string;
}

/** The controller's role on a switch: a slave may not change it. @spec OpenFlow 1.4.1 §6.3.6 */
export type Role = "equal" | "master" | "slave";

/** A change of one port. */
export interface PortChange {
  /** `add`: new port. `delete`: port removed. */
  readonly reason: "add" | "delete" | "modify";
  readonly port: PortDesc;
}

/** One OpenFlow connection that has completed its handshake. */
export interface Session {
  readonly dpid: Dpid;
  /** Address and port of the peer, for messages. */
  readonly peer: string;
  /** Whether it is encrypted. */
  readonly isTls?: boolean;
  /** SHA-256 fingerprint of the switch's certificate, 64 lower-case hex digits. */
  readonly certificate?: string | undefined;
  readonly features: MessageOf<"featuresReply">;
  readonly description: SwitchDescription;
  /** The flags of its configuration at the handshake: how it handles fragments. */
  readonly configFlags: number;
  /** By number; kept up to date from port-status. */
  readonly ports: ReadonlyMap<number, PortDesc>;
  readonly isOpen: boolean;
  /**
   * Sends a message that has no reply; the session assigns its xid. False when it was dropped: the
   * session is closed, or congested, and such a message must not add to the backlog.
   */
  send(message: Message): boolean;
  /** Sends a request and waits for its reply; errors are outcomes. */
  request<T extends Message["type"]>(
    message: Message,
    replyType: T,
    options?: { readonly timeoutMs?: number },
  ): Promise<RequestOutcome<MessageOf<T>>>;
  /** All parts of a multipart reply; with `each`, which receives them one by one, an empty list. */
  multipart<T extends MultipartRequestBody["type"]>(
    body: Extract<MultipartRequestBody, { readonly type: T }>,
    options?: {
      readonly timeoutMs?: number;
      readonly each?: (part: Extract<MultipartReplyBody, { readonly type: T }>) => void;
    },
  ): Promise<RequestOutcome<readonly Extract<MultipartReplyBody, { readonly type: T }>[]>>;
  barrier(options?: {
    readonly timeoutMs?: number;
  }): Promise<RequestOutcome<MessageOf<"barrierReply">>>;
  /** Sends one ordered atomic bundle. */
  bundle(messages: MessageList): Promise<CommitOutcome>;
  /** Sends the messages, then a barrier; returns which failed. */
  sendAll(messages: MessageList): Promise<StepOutcome>;
  /** Ends the session. */
  close(reason: string): void;
}

/** Events of sessions. Called in order of occurrence; must not throw. */
export interface SessionEvents {
  /** A switch has completed its handshake. A session that it replaces has gone `down` before. */
  up(session: Session): void;
  /** Exactly once for every session that was `up`. */
  down(session: Session, reason: string): void;
  portStatus(session: Session, change: PortChange): void;
  packetIn(session: Session, message: MessageOf<"packetIn">): void;
  flowRemoved(session: Session, message: MessageOf<"flowRemoved">): void;
  /** The switch reports another role, or refuses a message because the controller is slave. */
  role?(session: Session, role: Role): void;
  /** An error that answers no pending request. */
  error(session: Session, message: MessageOf<"error">): void;
}
