import type { Dpid } from "../../topology/index.ts";
import type { Clock } from "../clock.ts";
import type { Logger } from "../logger.ts";
import type { Session, SessionEvents } from "./session.ts";
import type { SessionOptions } from "./session-options.ts";

export interface ListenerOptions {
  readonly host: string;
  /** 0: any free port (`address` says which). */
  readonly port: number;
  readonly logger: Logger;
  readonly events: SessionEvents;
  readonly session?: Partial<SessionOptions>;
  readonly clock?: Clock;
}

/** Whether the listener listens. `detail` is a line for people, without a full stop. */
export type ListenOutcome =
  | { readonly type: "listening"; readonly host: string; readonly port: number }
  | { readonly type: "failed"; readonly code: string; readonly detail: string };

/** Accepts OpenFlow connections and hands over those that come through their handshake. */
export declare class OpenFlowListener {
  constructor(options: ListenerOptions);
  /** Starts to listen. A port that is taken or an address that is not ours is an outcome. */
  listen(): Promise<ListenOutcome>;
  /** The open session of a switch. */
  session(dpid: Dpid): Session | undefined;
  /** Accepts nothing more and closes every session; resolves when all are gone. */
  close(reason: string): Promise<void>;
}
