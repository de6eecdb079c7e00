import type {
  Message,
  MultipartReplyBody,
  MultipartRequestBody,
  PortDesc,
} from "../openflow/index.ts";
import type { CommitOutcome, MessageList, StepOutcome } from "../reconcile/index.ts";
import type { Dpid } from "../topology/index.ts";
import type { MessageOf, RequestOutcome } from "./outcome.ts";

/** What a switch said of itself. */
export interface SwitchDescription {
  readonly manufacturer: string;
  readonly hardware: string;
  readonly software: string;
  readonly serialNumber: string;
  readonly datapathDescription: string;
}

/** What a controller may do on a switch: a slave may not change it. @spec OpenFlow 1.4.1 §6.3.6 */
export type Role = "equal" | "master" | "slave";

/** A change of one port. */
export interface PortChange {
  /** `add`: it is new. `delete`: it is gone. */
  readonly reason: "add" | "delete" | "modify";
  readonly port: PortDesc;
}

/** One OpenFlow connection that has come through its handshake. */
export interface Session {
  readonly dpid: Dpid;
  /** Address and port of the peer, for people. */
  readonly peer: string;
  /** Whether it is encrypted. */
  readonly isTls?: boolean;
  /** SHA-256 fingerprint of the certificate that the switch has shown, 64 lower-case hex digits. */
  readonly certificate?: string | undefined;
  readonly features: MessageOf<"featuresReply">;
  readonly description: SwitchDescription;
  /** By number; kept up to date from port-status. */
  readonly ports: ReadonlyMap<number, PortDesc>;
  readonly isOpen: boolean;
  /**
   * Sends a message that has no answer. The xid is ours. False when it was dropped: the session is
   * closed, or so much waits for the switch that a message nobody needs only makes it worse.
   */
  send(message: Message): boolean;
  /** Sends a request and waits for its answer; errors are outcomes. */
  request<T extends Message["type"]>(
    message: Message,
    replyType: T,
    options?: { readonly timeoutMs?: number },
  ): Promise<RequestOutcome<MessageOf<T>>>;
  /** All parts of a multipart reply; with `each`, which takes them as they come, an empty list. */
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
  /** One ordered atomic bundle. */
  bundle(messages: MessageList): Promise<CommitOutcome>;
  /** Sends the messages, then a barrier; says which failed. */
  sendAll(messages: MessageList): Promise<StepOutcome>;
  /** Ends the session. */
  close(reason: string): void;
}

/** What sessions tell the outside. Called in the order of things; must not throw. */
export interface SessionEvents {
  /** A switch has come through its handshake. A session it replaces has gone `down` before. */
  up(session: Session): void;
  /** Exactly once for every session that was `up`. */
  down(session: Session, reason: string): void;
  portStatus(session: Session, change: PortChange): void;
  packetIn(session: Session, message: MessageOf<"packetIn">): void;
  flowRemoved(session: Session, message: MessageOf<"flowRemoved">): void;
  /** The switch says that we have another role, or refuses something because we are slave. */
  role?(session: Session, role: Role): void;
  /** An error that answers no request of ours. */
  error(session: Session, message: MessageOf<"error">): void;
}
