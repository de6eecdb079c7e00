import type { SwitchChannel } from "../reconcile/index.ts";
import type { Session } from "./session.ts";

/** A session as the reconciler sees it. */
export declare function switchChannelOf(session: Session): SwitchChannel;
