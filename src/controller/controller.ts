import type { ExplainRequest } from "../contract/explain.ts";
import { Counters } from "../counters/index.ts";
import {
  type ListenAddress,
  type ListenOutcome,
  OpenFlowListener,
  pinProblem,
  type Session,
} from "../openflow-session/index.ts";
import type { ParsedPolicy } from "../policy/index.ts";
import { Reconciler } from "../reconcile/index.ts";
import { systemClock } from "../runtime/clock.ts";
import { YieldTimer } from "../runtime/index.ts";
import type { Logger } from "../runtime/logger.ts";
import {
  admissionRules,
  type Dpid,
  NOTHING_DISCOVERED,
  type TopologyConfig,
  TopologyState,
} from "../topology/index.ts";
import type { ControllerOptions } from "./construction/controller-options.ts";
import { Compilation } from "./desired/compilation.ts";
import { DesiredState } from "./desired/desired-state.ts";
import { StatusEvents } from "./desired/status-events.ts";
import { HostLearning } from "./discovery/host-learning.ts";
import { LearnedHostMemory } from "./discovery/learned-host-memory.ts";
import { LinkFinder } from "./discovery/link-finder.ts";
import { PacketOuts } from "./discovery/packet-outs.ts";
import { EventBus } from "./events.ts";
import { HostWrites, loadHosts, type RebaseOutcome } from "./network/host-writes.ts";
import { Network } from "./network/network.ts";
import { PortMemory } from "./network/port-memory.ts";
import { loadPolicies } from "./policies/load-policies.ts";
import { creationOf, PolicyRegistry } from "./policies/policy-registry.ts";
import { PolicyWrites } from "./policies/policy-writes.ts";
import { dryRunPolicy } from "./queries/dry-run.ts";
import { type ExplainDeps, explaining, readFrame } from "./queries/explain/index.ts";
import { PolicyStatusTracker } from "./status/policy-status-tracker.ts";
import { TapSuspension } from "./suspension/index.ts";
import { ReconcileEvents } from "./switches/reconcile-events.ts";
import { SwitchSessions } from "./switches/switch-sessions.ts";
import { SwitchWrites } from "./switches/switch-writes.ts";
import { TopologyReload } from "./switches/topology-reload.ts";
import { switchName } from "./views/network-view.ts";

/**
 * The event loop that ties inputs to switches. Every event changes an input (the policy book, the
 * network); what that makes of the desired state goes to the reconciler; what switches confirm goes
 * to the status board. Nothing here sends to a switch.
 */
export class Controller {
  readonly book = new PolicyRegistry();
  readonly events = new EventBus();
  readonly network: Network;
  readonly compilation: Compilation;
  readonly reconciler: Reconciler;
  readonly board: PolicyStatusTracker;
  readonly counters: Counters;
  readonly policies: PolicyWrites;
  readonly hosts: HostWrites;
  readonly taps: TapSuspension;
  readonly sessions: SwitchSessions;
  readonly switches: SwitchWrites;
  readonly #renewal: TopologyReload;
  readonly startedAt: string;
  readonly #options: ControllerOptions;
  readonly #logger: Logger;
  readonly #listener: OpenFlowListener;
  readonly #ports: PortMemory;
  readonly #desired: DesiredState;
  /** Frames of our own, for those who discover. */
  readonly packetOuts: PacketOuts;
  readonly learning: HostLearning;
  /** Undefined: links are not discovered. */
  readonly #links: LinkFinder | undefined;
  /** Stored policies whose ids policy files hold now. */
  #replaced: readonly string[] = [];
  #listening = false;

  constructor(options: ControllerOptions) {
    const { logger } = options;
    this.#options = options;
    this.#logger = logger;
    this.startedAt = options.now();
    this.network = this.#createNetwork();
    this.#ports = new PortMemory(options.portStore, logger);
    this.compilation = new Compilation(options);
    this.reconciler = this.#createReconciler();
    this.board = this.#createBoard();
    this.counters = this.#createCounters();
    this.taps = this.#createTaps();
    this.packetOuts = new PacketOuts((dpid) => this.#listener.session(dpid), systemClock);
    this.learning = this.#createLearning();
    this.#links = options.discovery === false ? undefined : this.#createLinkFinder();
    this.#desired = new DesiredState({
      ...this.#parts,
      compilation: this.compilation,
      book: this.book,
      links: this.#links,
      learning: this.learning,
      ports: this.#ports,
    });
    this.sessions = new SwitchSessions({
      ...this.#parts,
      punted: {
        probe: (frame) => this.#links?.heard(frame),
        host: (frame) => this.learning.frame(frame),
      },
      sessions: () => this.#listener.sessions,
      compile: () => this.#desired.compileTopology(),
      away: () => void this.switches.forgetLongAway(),
    });
    this.#listener = new OpenFlowListener({
      addresses: options.openflow,
      logger,
      events: this.sessions.handlers,
      admit: (session) => this.#admit(session),
      ...(options.session ? { session: options.session } : {}),
    });
    this.policies = new PolicyWrites({
      book: this.book,
      store: options.policyStore,
      admit: (policies) => this.compilation.refusalsOf(policies),
      ruleLimit: options.limits?.regionsPerPolicy,
      written: (entry, before) => this.#desired.policyWritten(entry, before),
      deleted: (old) => this.#desired.policyDeleted(old),
    });
    this.hosts = new HostWrites(this.network, options.hostStore, (mac) => {
      this.learning.forget(mac);
    });
    this.switches = new SwitchWrites({
      network: this.network,
      ports: this.#ports,
      reconciler: this.reconciler,
      logger,
      compile: () => this.#desired.compileTopology(),
    });
    this.#renewal = new TopologyReload({
      ...this.#parts,
      hosts: this.hosts,
      sessions: this.sessions,
      ports: this.#ports,
      admission: options.admission ?? {},
      compile: () => this.#desired.compileTopology(),
    });
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
    this.counters.start();
    const { switches } = this.network.topology;
    this.reconciler.expect([...switches.values()].map(({ dpid }) => dpid));
    this.reconciler.allowSweep();
    this.sessions.start();
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
    this.#desired.compileTopology();
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

  /**
   * What becomes of a frame, or what is wrong with the question. Nothing is sent. Others have their turns
   * meanwhile; should they change anything, it is done again in one go.
   */
  async explain(request: ExplainRequest) {
    const turns = new YieldTimer();
    for (let isPatient = true; ; isPatient = false) {
      this.#desired.compileTopology();
      const begun = this.#desired.changes;
      const read = readFrame(request, this.network.topology);
      if ("problems" in read) return read;
      const steps = explaining(read.at, this.#explainSources(), request.policies);
      let step = steps.next();
      while (!step.done && this.#desired.changes === begun) {
        if (isPatient && turns.shouldYield) await turns.yieldNow();
        step = steps.next();
      }
      if (step.done && this.#desired.changes === begun) return { explanation: step.value };
    }
  }

  #explainSources(): ExplainDeps {
    return {
      topology: this.network.topology,
      desired: (dpid) => this.reconciler.desired(dpid),
      entryState: (ref) => this.reconciler.state(ref),
      policies: [...this.book.values()].map((entry) => this.taps.effective(entry)),
      status: ({ id }) => this.board.status(id),
      plan: ({ id }) => this.compilation.plan(id),
    };
  }

  /** What a policy would do if it were written now. Nothing is changed. */
  dryRun(parsed: ParsedPolicy) {
    const entry = this.book.get(parsed.policy.id);
    const before = entry && this.taps.effective(entry);
    return dryRunPolicy(this.compilation, this.network.topology, parsed.policy, before);
  }

  async #loadNetwork(): Promise<void> {
    // Ports first: they say which switches were accepted, and hosts hang on those.
    const known = this.network.state.withLastPorts(await this.#ports.load());
    const { hostStore, discovery } = this.#options;
    this.network.replace(await loadHosts(hostStore, known, this.#logger));
    this.#ports.adopt(this.network.topology);
    if (discovery !== false) await this.learning.restore();
    await this.#links?.load();
    this.#desired.networkChanged();
    this.#desired.compileTopology();
  }

  async #loadPolicies(): Promise<void> {
    const { filePolicies: files, policyStore: store, logger, limits } = this.#options;
    const { entries, invalid, replaced } = await loadPolicies({
      files,
      store,
      logger,
      startedAt: this.startedAt,
      ruleLimit: limits?.regionsPerPolicy,
    });
    this.#replaced = replaced;
    for (const entry of entries) this.book.set(entry);
    for (const each of invalid) this.book.setInvalid(each);
    this.#desired.compilePolicies(entries.map(({ policy }) => policy.id));
  }

  /** Why a switch may not come in. */
  #admit(session: Session): string | undefined {
    const { state, why } = this.network.state.admission(session.dpid);
    if (state === "refused") return why;
    return pinProblem(session, this.#options.pins ?? new Map());
  }

  /** Uses other keys and certificates from the next connection on. */
  reloadTls(listeners: readonly ListenAddress[]): void {
    listeners.forEach(({ tls }, index) => {
      if (tls) this.#listener.renew(index, tls);
    });
  }

  /** Takes over what the topology files say now. Learned hosts and discovered links stay. */
  reloadTopology(config: TopologyConfig): Promise<RebaseOutcome> {
    return this.#renewal.reload(config);
  }

  /** What both the inputs' side and the switches' side work with. */
  get #parts() {
    const { network, reconciler, board, counters, taps, events } = this;
    return { network, reconciler, board, counters, taps, events, logger: this.#logger };
  }

  #createNetwork(): Network {
    const { topology, admission = {}, discovery = true, now } = this.#options;
    const rules = admissionRules(admission, topology.switches.length > 0);
    const state = TopologyState.empty
      .withConfig(topology, rules)
      .withDiscovered(discovery ? NOTHING_DISCOVERED : undefined);
    return new Network(state, () => this.#desired.networkChanged(), now);
  }

  #createReconciler(): Reconciler {
    const { logger, groupIds, meterIds, auditIntervalMs } = this.#options;
    return new Reconciler({
      logger,
      order: () => this.compilation.order,
      events: new ReconcileEvents({
        ...{ events: this.events, network: this.network, logger },
        changed: (refs) => this.board.entriesChanged(refs),
      }),
      ...(groupIds ? { groupIds } : {}),
      ...(meterIds ? { meterIds } : {}),
      ...(auditIntervalMs === undefined ? {} : { auditIntervalMs }),
    });
  }

  #createBoard(): PolicyStatusTracker {
    const { book, events } = this;
    const [board, taps] = [() => this.board, () => this.taps];
    const news = new StatusEvents({ book, events, logger: this.#logger, board, taps });
    return new PolicyStatusTracker({
      look: {
        entryState: (ref) => this.reconciler.state(ref),
        switchName: (dpid) => switchName(this.network.topology, dpid),
        connected: (dpid) => this.network.topology.switches.get(dpid)?.connected ?? false,
        slave: (dpid) => this.sessions.roles.of(dpid) === "slave",
        suspension: (id) => this.taps.reasonOf(id),
      },
      isLeaving: (ref) => this.reconciler.isLeaving(ref),
      plan: (id) => this.compilation.plan(id),
      changed: (...change) => news.changed(...change),
      flushed: () => news.flushed(),
      clock: systemClock,
    });
  }

  #createCounters(): Counters {
    const { logger, counterStore: store, now, countersIntervalMs: intervalMs } = this.#options;
    return new Counters({
      clock: systemClock,
      logger,
      store,
      now,
      creation: (id) => creationOf(this.book.known(id)),
      plan: (id) => this.compilation.plan(id),
      group: (dpid, id) => this.reconciler.group(dpid, id),
      ...(intervalMs === undefined ? {} : { intervalMs }),
    });
  }

  #createTaps(): TapSuspension {
    const { logger, suspensionStore: store, now, dropGuard: guard } = this.#options;
    return new TapSuspension({
      book: this.book,
      store,
      reconciler: this.reconciler,
      events: this.events,
      logger,
      now,
      topology: () => this.network.topology,
      recompile: (ids) => this.#desired.compilePolicies(ids),
      plan: (id) => this.compilation.plan(id),
      sessions: () => this.#listener.sessions,
      ...(guard ? { guard } : {}),
    });
  }

  #createLearning(): HostLearning {
    const { logger, learnedHostStore: store, now, hostLimits: limits } = this.#options;
    const clock = systemClock;
    const timeOfDay = () => Date.parse(now());
    return new HostLearning({
      network: this.network,
      events: this.events,
      packetOuts: this.packetOuts,
      memory: new LearnedHostMemory({ store, clock, logger, timeOfDay }),
      clock,
      timeOfDay,
      logger,
      ...(limits ? { limits } : {}),
    });
  }

  #createLinkFinder(): LinkFinder {
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
      changed: () => this.#desired.networkChanged(),
      resync: (dpid) => void this.reconciler.resync(dpid),
      ...(probeIntervalMs === undefined ? {} : { probeIntervalMs }),
    });
  }
}
