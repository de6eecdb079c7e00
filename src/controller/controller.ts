import type {
  CompileLimits,
  FilePolicy,
  ParsedPolicy,
  Policy,
  PolicyId,
  VlanRange,
} from "../policy/index.ts";
import {
  type AdmissionSettings,
  admissionRules,
  type Dpid,
  type HostLimits,
  NOTHING_DISCOVERED,
  type Port,
  portFromDesc,
  type TopologyConfig,
  TopologyState,
} from "../topology/index.ts";
import { systemClock } from "./clock.ts";
import { Compilation, type DesiredDelta } from "./compilation.ts";
import { type CounterStore, Counters } from "./counters/index.ts";
import type { DiscoveryStore } from "./discovery/discovery-memory.ts";
import { HostLearning } from "./discovery/host-learning.ts";
import { LearnedHostMemory, type LearnedHostStore } from "./discovery/learned-host-memory.ts";
import { LinkFinder } from "./discovery/link-finder.ts";
import { logLinkChange } from "./discovery/link-log.ts";
import { type PuntListeners, routePacketIn } from "./discovery/packet-ins.ts";
import { PacketOuts } from "./discovery/packet-outs.ts";
import { type ControllerEvent, EventBus } from "./events.ts";
import {
  type ExplainRequest,
  type ExplainSources,
  explainFrame,
  readFrame,
} from "./explain/index.ts";
import { type HostStore, HostWrites, restoreHosts } from "./host-writes.ts";
import { loadPolicies } from "./load-policies.ts";
import type { Logger } from "./logger.ts";
import { Muster } from "./muster.ts";
import { Network } from "./network.ts";
import { type KnownPolicy, PolicyBook, type PolicyEntry } from "./policy-book.ts";
import type { PolicyStatus } from "./policy-status.ts";
import { type PolicyStore, PolicyWrites } from "./policy-writes.ts";
import { PortMemory, type PortStore } from "./port-memory.ts";
import { previewPolicy } from "./preview.ts";
import { type IdRange, Reconciler, type SwitchChannel } from "./reconcile/index.ts";
import { ReroutingLog } from "./rerouting-log.ts";
import { SwitchRoles } from "./roles.ts";
import {
  counterChannelOf,
  type DoorAddress,
  type ListenOutcome,
  lastCount,
  OpenFlowListener,
  type Pins,
  type PortChange,
  pinProblem,
  type Role,
  type Session,
  type SessionEvents,
  type SessionOptions,
  switchChannelOf,
} from "./session/index.ts";
import { StatusBoard } from "./status-board.ts";
import { SwitchWrites } from "./switch-writes.ts";
import { type DropGuardOptions, type SuspensionStore, Taps } from "./taps/index.ts";
import { switchName } from "./views/network-view.ts";

/** What a controller is made of. */
export interface ControllerOptions {
  /** Where switches connect to; port 0: any free one. */
  readonly openflow: readonly DoorAddress[];
  /** Which certificates switches may have, on every listener. */
  readonly pins?: Pins;
  readonly topology: TopologyConfig;
  /** Who may be a switch besides those that the topology names. */
  readonly admission?: AdmissionSettings;
  readonly filePolicies: readonly FilePolicy[];
  readonly policyStore: PolicyStore;
  readonly hostStore: HostStore;
  readonly portStore: PortStore;
  readonly learnedHostStore: LearnedHostStore;
  readonly suspensionStore: SuspensionStore;
  /** Suspends a policy after whose install production ports lose frames; absent: nothing does. */
  readonly dropGuard?: DropGuardOptions;
  readonly counterStore: CounterStore;
  readonly logger: Logger;
  /** The wall clock, ISO 8601 in UTC. */
  readonly now: () => string;
  readonly limits?: Partial<CompileLimits>;
  readonly groupIds?: IdRange;
  readonly meterIds?: IdRange;
  /** Time in which every switch is read again, in milliseconds; 0: never. */
  readonly auditIntervalMs?: number;
  /** Time in which every switch's counters are read once, in milliseconds; 0: never. */
  readonly countersIntervalMs?: number;
  /** VLAN ids that only tagged copies use on links. */
  readonly tapVlans?: VlanRange;
  /** Whether links and hosts are discovered; true unless told. */
  readonly discovery?: boolean;
  /** What bounds the learning of hosts; what is left out has its default. */
  readonly hostLimits?: Partial<HostLimits>;
  readonly discoveryStore: DiscoveryStore;
  /** From one probe of a port to the next, in milliseconds. */
  readonly probeIntervalMs?: number;
  readonly session?: Partial<SessionOptions>;
}

/**
 * The event loop that ties inputs to switches. Every event changes an input (the policy book, the
 * network); what that makes of the desired state goes to the reconciler; what switches confirm goes
 * to the status board. Nothing here sends to a switch.
 */
export class Controller {
  readonly book = new PolicyBook();
  readonly events = new EventBus();
  readonly network: Network;
  readonly compilation: Compilation;
  readonly reconciler: Reconciler;
  readonly board: StatusBoard;
  readonly counters: Counters;
  readonly policies: PolicyWrites;
  readonly hosts: HostWrites;
  readonly taps: Taps;
  readonly roles = new SwitchRoles({
    clock: systemClock,
    changed: (...change) => this.#roleChanged(...change),
  });
  readonly switches: SwitchWrites;
  readonly startedAt: string;
  readonly #options: ControllerOptions;
  readonly #logger: Logger;
  readonly #listener: OpenFlowListener;
  readonly #ports: PortMemory;
  readonly #reroutes: ReroutingLog;
  /** Frames of our own, for those who discover. */
  readonly packetOuts: PacketOuts;
  readonly learning: HostLearning;
  /** Undefined: links are not discovered. */
  readonly #links: LinkFinder | undefined;
  readonly #punted: PuntListeners = {
    probe: (frame) => this.#links?.heard(frame),
    host: (frame) => this.learning.frame(frame),
  };
  readonly #channels = new WeakMap<Session, SwitchChannel>();
  /** Stored policies whose ids policy files hold now. */
  #replaced: readonly string[] = [];
  /** From the start on. */
  #muster: Muster | undefined;
  #topologyDirty = false;
  #listening = false;
  #allActive = false;

  constructor(options: ControllerOptions) {
    const { logger, topology, groupIds, meterIds, auditIntervalMs, admission = {} } = options;
    this.#options = options;
    this.#logger = logger;
    this.startedAt = options.now();
    const { discovery = true } = options;
    const rules = admissionRules(admission, topology.switches.length > 0);
    const state = TopologyState.empty
      .withConfig(topology, rules)
      .withDiscovered(discovery ? NOTHING_DISCOVERED : undefined);
    this.network = new Network(state, () => this.#networkChanged(), options.now);
    this.#ports = new PortMemory(options.portStore, logger);
    this.compilation = new Compilation(options);
    this.reconciler = new Reconciler({
      logger,
      order: () => this.compilation.order,
      events: { changed: (refs) => this.board.entriesChanged(refs) },
      ...(groupIds ? { groupIds } : {}),
      ...(meterIds ? { meterIds } : {}),
      ...(auditIntervalMs === undefined ? {} : { auditIntervalMs }),
    });
    this.#reroutes = new ReroutingLog(logger, systemClock, () => this.reconciler.settled());
    this.board = new StatusBoard({
      look: {
        entryState: (ref) => this.reconciler.state(ref),
        switchName: (dpid) => switchName(this.network.topology, dpid),
        connected: (dpid) => this.network.topology.switches.get(dpid)?.connected ?? false,
        slave: (dpid) => this.roles.of(dpid) === "slave",
        suspension: (id) => this.taps.reasonOf(id),
      },
      isLeaving: (ref) => this.reconciler.isLeaving(ref),
      plan: (id) => this.compilation.plan(id),
      changed: (id, old, now) => this.#statusChanged(id, old, now),
      flushed: () => this.#tellWhenAllActive(),
      clock: systemClock,
    });
    const { countersIntervalMs: intervalMs } = options;
    this.counters = new Counters({
      clock: systemClock,
      logger,
      store: options.counterStore,
      now: options.now,
      entry: (id) => this.book.known(id),
      plan: (id) => this.compilation.plan(id),
      group: (dpid, id) => this.reconciler.group(dpid, id),
      ...(intervalMs === undefined ? {} : { intervalMs }),
    });
    this.policies = new PolicyWrites({
      book: this.book,
      store: options.policyStore,
      admit: (policies) => this.compilation.refusalsOf(policies),
      written: (entry, before) => this.#written(entry, before),
      deleted: (id) => this.#deleted(id),
    });
    this.taps = new Taps({
      book: this.book,
      store: options.suspensionStore,
      reconciler: this.reconciler,
      events: this.events,
      logger,
      now: options.now,
      topology: () => this.network.topology,
      recompile: (ids) => this.#compilePolicies(ids),
      plan: (id) => this.compilation.plan(id),
      sessions: () => this.#listener.sessions,
      ...(options.dropGuard ? { guard: options.dropGuard } : {}),
    });
    this.hosts = new HostWrites(this.network, options.hostStore, (mac) => {
      this.learning.forget(mac);
    });
    this.switches = new SwitchWrites({
      network: this.network,
      ports: this.#ports,
      reconciler: this.reconciler,
      compile: () => this.#compileTopology(),
    });
    this.#listener = new OpenFlowListener({
      addresses: options.openflow,
      logger,
      events: this.#sessionEvents(),
      admit: (session) => this.#admit(session),
      ...(options.session ? { session: options.session } : {}),
    });
    this.packetOuts = new PacketOuts((dpid) => this.#listener.session(dpid), systemClock);
    const timeOfDay = () => Date.parse(options.now());
    this.learning = new HostLearning({
      network: this.network,
      events: this.events,
      packetOuts: this.packetOuts,
      memory: new LearnedHostMemory({
        store: options.learnedHostStore,
        clock: systemClock,
        logger,
        timeOfDay,
      }),
      clock: systemClock,
      timeOfDay,
      logger,
      ...(options.hostLimits ? { limits: options.hostLimits } : {}),
    });
    this.#links = discovery ? this.#linkFinder() : undefined;
  }

  /**
   * Loads what is stored, compiles everything, then lets switches connect: a switch is never brought
   * to a state that lacks a policy which was acknowledged before.
   */
  async start(): Promise<ListenOutcome> {
    await this.#loadNetwork();
    await this.taps.writes.load();
    await this.counters.load();
    await this.#loadPolicies();
    this.counters.start([...this.book.values()].map(({ policy }) => policy.id));
    const { switches } = this.network.topology;
    this.reconciler.expect([...switches.values()].map(({ dpid }) => dpid));
    this.reconciler.allowSweep();
    this.#muster = new Muster(systemClock, this.#logger, (session) => {
      this.reconciler.connect(session.dpid, this.#channel(session));
      this.counters.connect(session.dpid, counterChannelOf(session));
    });
    const outcome = await this.#listener.listen();
    this.#listening = outcome.type === "listening";
    if (!this.#listening) return outcome;
    // Kept, they would come back by surprise on the day the file goes. Not before this start works.
    for (const id of this.#replaced) await this.#options.policyStore.remove(id);
    return outcome;
  }

  /** Finishes what is in flight and closes. Rules stay on the switches. */
  async close(): Promise<void> {
    this.#listening = false;
    await Promise.all([this.policies.idle(), this.hosts.idle(), this.taps.close()]);
    this.#compileTopology();
    await this.reconciler.close();
    await this.#listener.close("the controller stops");
    const closing = [this.learning.close(), this.#links?.close(), this.counters.close()];
    await Promise.all([this.#ports.idle(), ...closing]);
  }

  get isListening(): boolean {
    return this.#listening;
  }

  /** The session of a switch that is connected. */
  session(dpid: Dpid): Session | undefined {
    return this.#listener.session(dpid);
  }

  /** Connections of switches that were not let in, since the start. */
  get refusedSessions(): number {
    return this.#listener.refused;
  }

  /** What becomes of a frame, or what is wrong with the question. Nothing is sent. */
  explain(request: ExplainRequest) {
    this.#compileTopology();
    const { topology } = this.network;
    const read = readFrame(request, topology);
    if ("problems" in read) return read;
    const sources: ExplainSources = {
      topology,
      desired: (dpid) => this.reconciler.desired(dpid),
      entryState: (ref) => this.reconciler.state(ref),
      policies: [...this.book.values()].map((entry) => this.taps.effective(entry)),
      status: ({ id }) => this.board.status(id),
      plan: ({ id }) => this.compilation.plan(id),
    };
    return { explanation: explainFrame(read.at, sources, request.policies) };
  }

  /** What a policy would do if it were written now. Nothing is changed. */
  preview(parsed: ParsedPolicy) {
    const entry = this.book.get(parsed.policy.id);
    const before = entry && this.taps.effective(entry);
    return previewPolicy(this.compilation, this.network.topology, parsed.policy, before);
  }

  async #loadNetwork(): Promise<void> {
    // Ports first: they say which switches were accepted, and hosts hang on those.
    const known = this.network.state.withLastPorts(await this.#ports.load());
    const documents = await this.#options.hostStore.load();
    const { state, dropped } = restoreHosts(known, documents);
    for (const { document, problems } of dropped) {
      const why = problems.map(({ what }) => what);
      this.#logger.warn(
        { host: document, why },
        "a stored host does not fit the topology files: ignored",
      );
    }
    this.network.replace(state);
    this.#ports.adopt(this.network.topology);
    if (this.#options.discovery !== false) await this.learning.restore();
    await this.#links?.load();
    this.#topologyDirty = true;
    this.#compileTopology();
  }

  async #loadPolicies(): Promise<void> {
    const { filePolicies: files, policyStore: store, logger } = this.#options;
    const { entries, invalid, replaced } = await loadPolicies({
      files,
      store,
      logger,
      startedAt: this.startedAt,
    });
    this.#replaced = replaced;
    for (const entry of entries) this.book.set(entry);
    for (const each of invalid) this.book.setInvalid(each);
    this.#compilePolicies(entries.map(({ policy }) => policy.id));
  }

  #sessionEvents(): SessionEvents {
    return {
      up: (session) => this.#switchUp(session),
      down: (session, reason) => this.#switchDown(session, reason),
      portStatus: (session, change) => this.#portChanged(session, change),
      packetIn: ({ dpid }, message) => routePacketIn(dpid, message, this.#punted),
      role: (session, role) => this.roles.heard(session, role),
      flowRemoved: ({ dpid }, message) => {
        const last = lastCount(message);
        if (last) this.counters.removed(dpid, last);
      },
      error: (session, message) => {
        const { errorType, errorCode } = message;
        const fields = { dpid: session.dpid, errorType, errorCode };
        this.#logger.warn(fields, "the switch reports an error that answers nothing of ours");
      },
    };
  }

  /** Why a switch may not come in. */
  #admit(session: Session): string | undefined {
    const { state, why } = this.network.state.admission(session.dpid);
    if (state === "refused") return why;
    return pinProblem(session, this.#options.pins ?? new Map());
  }

  /** Uses other keys and certificates from the next connection on. */
  renewTls(listeners: readonly DoorAddress[]): void {
    listeners.forEach(({ tls }, index) => {
      if (tls) this.#listener.renew(index, tls);
    });
  }

  #switchUp(session: Session): void {
    const { dpid, peer, description } = session;
    const ports = [...session.ports.values()]
      .map(portFromDesc)
      .filter((port): port is Port => !!port);
    const said = `${description.manufacturer} ${description.hardware}`.trim();
    const isPlain = said !== "" && !/open vswitch|nicira/i.test(said);
    this.network.apply({ type: "switchConnected", dpid, ports, isPlain });
    const name = switchName(this.network.topology, dpid);
    const { admission, programmed } = this.network.topology.switches.get(dpid) ?? {};
    const fields = { dpid, switch: name, peer, software: description.software };
    if (programmed) this.#logger.info(fields, "switch connected");
    else {
      const more = { ...fields, reason: admission?.why };
      this.#logger.warn(more, "switch connected and quarantined: not programmed");
    }
    this.events.publish({ type: "switchConnected", dpid, switch: name, address: peer });
    // Desired first: the switch is compared with what it should be with the ports it has now.
    this.#compileTopology();
    if (programmed) this.#muster?.arrived(session, this.network.topology);
    this.board.switchChanged(dpid);
    this.taps.switchUp(session);
    this.roles.connected(session);
  }

  #switchDown(session: Session, reason: string): void {
    const { dpid } = session;
    const name = switchName(this.network.topology, dpid);
    this.#muster?.left(session);
    this.roles.disconnected(session);
    this.reconciler.disconnect(dpid, this.#channel(session));
    this.counters.disconnect(dpid);
    this.network.apply({ type: "switchDisconnected", dpid });
    this.#logger.warn({ dpid, switch: name, reason }, "switch disconnected");
    this.events.publish({ type: "switchDisconnected", dpid, switch: name, reason });
    this.board.switchChanged(dpid);
  }

  /** As a slave nothing is sent; when that is over, the switch is read and repaired as a new one. */
  #roleChanged(session: Session, old: Role | undefined, role: Role): void {
    const { dpid } = session;
    const { name, programmed } = this.network.topology.switches.get(dpid) ?? { name: dpid };
    this.events.publish({
      type: "roleChanged",
      dpid,
      switch: name,
      ...(old ? { old } : {}),
      new: role,
    });
    if (role === "slave") {
      this.#logger.warn({ dpid, switch: name }, "the switch has made us slave: nothing is sent");
      this.#muster?.left(session);
      this.reconciler.disconnect(dpid, this.#channel(session));
      // Answers to what was sent before belong to the old one.
      this.#channels.delete(session);
    } else if (old === "slave") {
      this.#logger.info({ dpid, switch: name, role }, "the switch takes changes again");
      if (programmed) this.#muster?.arrived(session, this.network.topology);
    }
    this.board.switchChanged(dpid);
  }

  #linkFinder(): LinkFinder {
    const { discoveryStore: store, probeIntervalMs, logger } = this.#options;
    return new LinkFinder({
      clock: systemClock,
      logger,
      store,
      network: this.network,
      packetOuts: this.packetOuts,
      session: (dpid) => this.#listener.session(dpid),
      entryState: (ref) => this.reconciler.state(ref),
      publish: (event) => this.events.publish(event),
      changed: () => this.#networkChanged(),
      ...(probeIntervalMs === undefined ? {} : { probeIntervalMs }),
    });
  }

  /** One channel per session: the reconciler tells a stale one by its identity. */
  #channel(session: Session): SwitchChannel {
    const known = this.#channels.get(session);
    if (known) return known;
    const channel = switchChannelOf(session);
    this.#channels.set(session, channel);
    return channel;
  }

  #portChanged({ dpid }: Session, { reason, port: desc }: PortChange): void {
    const port = portFromDesc(desc);
    if (!port) return;
    if (reason === "delete") this.network.apply({ type: "portRemoved", dpid, port: port.no });
    else this.network.apply({ type: "portChanged", dpid, port });
  }

  #networkChanged(): void {
    if (this.#topologyDirty) return;
    this.#topologyDirty = true;
    // One burst (a switch that reports all its ports) is told and compiled once.
    setImmediate(() => this.#compileTopology());
  }

  #compileTopology(): void {
    if (!this.#topologyDirty) return;
    // First: what has just come up must not be forwarded to before it is known what it leads to.
    this.#links?.follow();
    this.#topologyDirty = false;
    const { topology } = this.network;
    const events = this.network.takeEvents();
    for (const event of events) this.#publishChange(event);
    this.#ports.keep(topology);
    this.learning.networkChanged(topology);
    this.#reroutes.follow(events, () => {
      const delta = this.compilation.setTopology(topology);
      this.#desire(delta);
      return delta;
    });
  }

  #publishChange(event: ControllerEvent): void {
    if (event.type === "linkChanged") logLinkChange(this.#logger, event);
    this.events.publish(event);
  }

  #desire(delta: DesiredDelta): void {
    this.counters.plansChanged(delta.changed);
    for (const [dpid, edit] of delta.switches) this.reconciler.edit(dpid, edit);
    this.board.plansChanged(delta.changed);
    this.taps.planned(delta.changed);
  }

  /** Compiles policies of the book as they are to be in effect. */
  #compilePolicies(ids: Iterable<PolicyId>): void {
    const upsert: Policy[] = [];
    for (const id of ids) {
      const entry = this.book.get(id);
      if (entry) upsert.push(this.taps.effective(entry));
    }
    this.#desire(this.compilation.edit({ upsert }));
  }

  #written(entry: PolicyEntry, before: KnownPolicy | undefined): void {
    const { policy, revision, origin } = entry;
    this.book.set(entry);
    const type = before ? "policyReplaced" : "policyCreated";
    this.events.publish({ type, id: policy.id, revision, origin });
    this.#logger.info(
      { policy: policy.id, revision },
      before ? "policy replaced" : "policy created",
    );
    // What the guard said was of the policy as it was.
    this.taps.writes.forgetPolicy(policy.id);
    this.#compilePolicies([policy.id]);
  }

  #deleted(id: PolicyId): void {
    this.book.delete(id);
    this.taps.writes.forgetPolicy(id);
    this.events.publish({ type: "policyDeleted", id });
    this.#logger.info({ policy: id }, "policy deleted");
    this.#desire(this.compilation.edit({ remove: [id] }));
    this.board.plansChanged([id]);
    this.counters.plansChanged([id]);
  }

  /** Once: the start is over when everything is in place; edits tell of themselves. */
  #tellWhenAllActive(): void {
    if (this.#allActive) return;
    const { active, disabled } = this.board.counts;
    const all = active > 0 && active + disabled === this.book.size;
    if (!all) return;
    this.#allActive = true;
    this.#logger.info({ policies: active }, "every policy is active");
  }

  #statusChanged(id: PolicyId, old: PolicyStatus | undefined, now: PolicyStatus): void {
    if (now.state === "active" || now.state === "degraded") this.taps.active(id);
    this.events.publish({ type: "policyStatus", id, ...(old ? { old } : {}), new: now });
    const fields = { policy: id, state: now.state, reasons: now.reasons };
    if (now.state === "error") this.#logger.error(fields, "a switch refused part of the policy");
    else this.#logger.debug(fields, `policy ${now.state}`);
  }
}
