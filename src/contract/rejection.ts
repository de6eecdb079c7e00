import type { ControllerEvent } from "./events.ts";
import type { ExplainRequest, Explanation } from "./explain.ts";
import type { PolicyCountersDetail, PolicyDocument, PolicyState, PolicyView } from "./policies.ts";
import type { ResyncView } from "./resync.ts";
import type { PolicyDryRun, StatusView } from "./status.ts";
import type {
  HostView,
  LinkView,
  PathView,
  SwitchDetail,
  SwitchView,
  TopologyView,
} from "./switches.ts";
import type { SuspendInput, TapsView } from "./taps.ts";

/** Something wrong with one member of a document that a client sent. */
export interface DocumentProblem {
  /** RFC 6901 pointer into the document; "" for the whole of it. */
  readonly pointer: string;
  /** What is wrong. */
  readonly detail: string;
  /** What to do about it. */
  readonly remedy: string;
}

/** What must hold of the stored policy for a write to be done. */
export interface Precondition {
  /** Any of these revisions (If-Match); an empty list never holds. */
  readonly revisions?: readonly number[];
  /** `present`: If-Match: *. `absent`: If-None-Match: *. */
  readonly existence?: "present" | "absent";
}

/** A write that was refused, and why. */
export type Rejection =
  /** The document is not a policy (or host) that could ever be accepted. */
  | { readonly type: "invalid"; readonly problems: readonly DocumentProblem[] }
  /** The document is well formed but cannot stand beside what is there (an overlap, a second host). */
  | { readonly type: "conflict"; readonly problems: readonly DocumentProblem[] }
  | { readonly type: "exists"; readonly id: string }
  | { readonly type: "notFound" }
  /** It belongs to a file, which is the place to change it. */
  /** `file` is known of a policy; a host comes from one of the topology files. */
  | { readonly type: "readOnly"; readonly file?: string }
  /** The precondition does not hold; `current` is absent when there is no such policy. */
  | { readonly type: "preconditionFailed"; readonly current?: number }
  /** The write could not be made durable. `detail` is shown to the client. */
  | { readonly type: "storeFailed"; readonly detail: string };

export type PolicyWriteOutcome =
  | { readonly type: "created"; readonly policy: PolicyView }
  | { readonly type: "replaced"; readonly policy: PolicyView }
  | Rejection;

export type TapsOutcome = { readonly type: "done" } | Rejection;

export type PolicyDeleteOutcome = { readonly type: "deleted" } | Rejection;

export type HostWriteOutcome =
  | { readonly type: "created"; readonly host: HostView }
  | { readonly type: "replaced"; readonly host: HostView }
  | Rejection;

export type HostDeleteOutcome = { readonly type: "deleted" } | Rejection;

export type SwitchDeleteOutcome = { readonly type: "deleted" } | Rejection;

export type DryRunOutcome =
  | { readonly type: "preview"; readonly preview: PolicyDryRun }
  | Rejection;

export type ExplainOutcome =
  | { readonly type: "explained"; readonly explanation: Explanation }
  | Rejection;

/** Where a path may start or end, or why there is none. */
export type PathOutcome =
  | { readonly type: "path"; readonly path: PathView }
  | { readonly type: "unknownPlace"; readonly parameter: "from" | "to"; readonly detail: string }
  | { readonly type: "noPath"; readonly detail: string };

/** A part of the policies in the order of their ids. */
export interface PolicyQuery {
  /** Only ids after this one. */
  readonly after?: string;
  /** At most this many. */
  readonly limit: number;
  /** Only policies in this state. */
  readonly state?: PolicyState;
}

export interface PolicyPage {
  readonly items: readonly PolicyView[];
  /** Whether more policies follow the last item. */
  readonly more: boolean;
}

/** Whether the controller is ready to serve, and what it still waits for. */
export interface Readiness {
  readonly ready: boolean;
  readonly reasons: readonly string[];
}

/** A metric in the terms of Prometheus; the name without the prefix `openvtap_`. */
export interface Metric {
  readonly name: string;
  readonly help: string;
  readonly type: "gauge" | "counter";
  readonly samples: readonly {
    readonly labels?: Readonly<Record<string, string>>;
    readonly value: number;
  }[];
}

/**
 * What the API needs of the controller, and all it knows of it.
 *
 * Reads answer from memory at once. A write resolves when it is on disk (or refused), not when switches
 * have confirmed it: `whenSettled` waits for that. Refusals are values; a rejected promise is a bug and
 * becomes a 500.
 */
export interface ControllerPort {
  /** In ascending order of ids (UTF-16 code units). */
  listPolicies(query: PolicyQuery): Promise<PolicyPage>;
  getPolicy(id: string): PolicyView | undefined;
  getPolicyCounters(id: string): PolicyCountersDetail | undefined;
  /** Creates a policy; assigns an id when the document has none. `exists` when the id is taken. */
  createPolicy(document: PolicyDocument): Promise<PolicyWriteOutcome>;
  /** Creates or replaces. The document's `id` is the id; never absent here. */
  putPolicy(document: PolicyDocument, precondition: Precondition): Promise<PolicyWriteOutcome>;
  deletePolicy(id: string, precondition: Precondition): Promise<PolicyDeleteOutcome>;
  /** What a write of this document would do, without doing it. */
  dryRunPolicy(document: PolicyDocument): Promise<DryRunOutcome>;
  /** What becomes of a frame. Nothing is sent. */
  explainFrame(request: ExplainRequest): Promise<ExplainOutcome>;
  /**
   * Resolves when nothing more happens to this policy by itself: it is active, disabled or in error,
   * or, once deleted, no switch holds anything of it. Else after `timeoutMs`, or when `signal` aborts.
   * Never rejects.
   */
  whenSettled(id: string, options: { timeoutMs: number; signal: AbortSignal }): Promise<void>;

  taps(): TapsView;
  /** Takes every copy off the switches; nothing when that is so already. */
  suspendTaps(said: SuspendInput): Promise<TapsOutcome>;
  resumeTaps(): Promise<TapsOutcome>;
  /**
   * Resolves when no switch makes or carries copies (suspended), or when every connected switch holds
   * what it should (running); after `timeoutMs`, or when `signal` aborts. Never rejects.
   */
  whenTapsSettled(options: { timeoutMs: number; signal: AbortSignal }): Promise<void>;
  /** Resumes a policy that the guard has suspended; nothing when it has not. */
  resumePolicy(id: string): Promise<TapsOutcome>;

  listSwitches(): readonly SwitchView[];
  getSwitch(dpid: string): SwitchDetail | undefined;
  /** Reads a switch again and repairs it; undefined for one that there is none of. */
  resyncSwitch(dpid: string): Promise<ResyncView | undefined>;
  /** Reads every connected switch again and repairs it; all switches, by datapath id. */
  resyncSwitches(): Promise<readonly ResyncView[]>;
  /** Forgets a switch that is in no file and not connected; by its name or datapath id. */
  forgetSwitch(dpid: string): Promise<SwitchDeleteOutcome>;
  listLinks(): readonly LinkView[];
  listHosts(): readonly HostView[];
  /** Adds or moves a host; read-only when a topology file names it. The document is unchecked JSON. */
  putHost(document: PolicyDocument): Promise<HostWriteOutcome>;
  /** `mac` as the client wrote it. */
  deleteHost(mac: string): Promise<HostDeleteOutcome>;
  topology(): TopologyView;
  /** From and to: a host's name, MAC or IP address, or a switch's name or dpid. */
  findPath(from: string, to: string): PathOutcome;

  status(): StatusView;
  readiness(): Readiness;
  metrics(): Promise<readonly Metric[]>;
  /** Calls back for every event from now on, in order; returns how to stop. */
  subscribe(listener: (event: ControllerEvent) => void): () => void;
}
