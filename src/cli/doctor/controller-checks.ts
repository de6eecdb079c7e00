// SPDX-License-Identifier: Apache-2.0

import { isLoopbackAddress } from "../../access/loopback.ts";
import type { RejectedConnectionsView } from "../../contract/observation/rejected-connections.ts";
import type { SessionView } from "../../contract/session.ts";
import type { StatusView } from "../../contract/status.ts";
import type { SwitchView } from "../../contract/switches.ts";
import { formatEndpoint } from "../config/values.ts";
import type { Readiness, RestClient } from "../rest-client.ts";
import { UnreachableError } from "../rest-client.ts";
import { type Check, type ChecksOf, checksOf, splitRemedy } from "./check.ts";
import { switchChecks } from "./switch-checks.ts";

/** Most difference of two clocks, in milliseconds: policies start and end by the controller's, tokens and certificates by both. */
const CLOCK_MS = 5_000;
/** Rejections before this time, in milliseconds, are not shown: they may be mended. */
const RECENT_MS = 10 * 60_000;

/** A controller as it answers, and what is compared with it. */
interface ControllerFacts {
  readonly server: string;
  /** The version of this command. */
  readonly version: string;
  readonly status: StatusView;
  readonly session: SessionView | undefined;
  readonly readiness: Readiness;
  /** How much later the clock of the server is, in milliseconds. */
  readonly clockMs: number | undefined;
  readonly switches: readonly SwitchView[];
  /** Absent: not visible to this identity. */
  readonly rejections: RejectedConnectionsView | undefined;
}

/** The controller's checks, and its status for the checks of this machine. */
interface ControllerReport {
  readonly checks: readonly Check[];
  /** Absent: it has not answered. */
  readonly status?: StatusView;
}

/** Checks a controller over REST. `isExpected`: the user has named it. */
export async function checkController(
  rest: RestClient,
  { server, version, isExpected }: { server: string; version: string; isExpected: boolean },
): Promise<ControllerReport> {
  const checks = checksOf(`controller ${server}`);
  try {
    const before = Date.now();
    const readiness = await rest.readiness();
    // The header has whole seconds: on average half of one has passed.
    const now = (before + Date.now()) / 2;
    const clockMs = readiness.time === undefined ? undefined : readiness.time + 500 - now;
    const get = async <T>(path: string) => {
      const answer = await rest.request("GET", path);
      return answer.ok ? (answer.body as T) : undefined;
    };
    const answer = await rest.request("GET", "/status");
    if (!answer.ok) return { checks: [unanswered(checks, answer.problem)] };
    const listed = await rest.list("/switches");
    const facts: ControllerFacts = {
      ...{ server, version, readiness, clockMs, status: answer.body as StatusView },
      session: await get<SessionView>("/session"),
      switches: listed.ok ? (listed.body as { items: SwitchView[] }).items : [],
      rejections: await get<RejectedConnectionsView>("/rejected-connections"),
    };
    return { checks: controllerChecks(facts), status: facts.status };
  } catch (error) {
    if (!(error instanceof UnreachableError)) throw error;
    const [what, remedy] = splitRemedy(error.message, "; ");
    // Before the first start nothing is wrong.
    return { checks: [isExpected ? checks.fail(what, remedy) : checks.warn(what, remedy)] };
  }
}

function unanswered(
  checks: ChecksOf,
  { status, detail }: { status: number; detail: string },
): Check {
  if (status !== 401 && status !== 403) return checks.fail(detail, "see the log of the controller");
  return checks.fail(
    detail,
    "name a token with --token-file, or in VTAP_TOKEN; vtap token create makes one",
  );
}

/** What the answers of a controller show. */
export function controllerChecks(facts: ControllerFacts): readonly Check[] {
  const { server, version, status, session, switches, rejections, readiness } = facts;
  const checks = checksOf(`controller ${server}`);
  return [
    status.version === version
      ? checks.ok(`OpenVTAP ${version}`)
      : checks.warn(
          `OpenVTAP ${status.version}, this command is ${version}`,
          `npm install --global openvtap@${status.version}`,
        ),
    accessCheck(checks, session),
    readiness.ready
      ? checks.ok("ready")
      : checks.fail(`not ready: ${readiness.detail}`, "see the log of the controller"),
    storageCheck(checks, status),
    ...clockChecks(checks, facts.clockMs),
    ...(status.taps.state === "suspended"
      ? [checks.warn(`all taps are suspended${because(status.taps.reason)}`, "vtap resume")]
      : []),
    ...policyChecks(checks, status),
    ...entranceChecks(checks, status),
    ...switches.flatMap((each) => switchChecks(each, rejections?.items ?? [])),
    ...rejectionChecks(checks, facts),
  ];
}

const because = (reason: string | undefined) => (reason ? `: ${reason}` : "");

function accessCheck(checks: ChecksOf, session: SessionView | undefined): Check {
  if (!session?.authentication)
    return checks.ok("no authentication: every client may do everything");
  const { user, role, project } = session;
  const where =
    project === undefined
      ? ""
      : ` in project ${project}, so what belongs to no project is not shown`;
  return checks.ok(`identified as ${user ?? "?"}, role ${role ?? "?"}${where}`);
}

function storageCheck(checks: ChecksOf, { storage }: StatusView): Check {
  if (storage.state === "working") return checks.ok("what changes reaches the disk");
  const [what, remedy] = splitRemedy(storage.reason ?? "writes fail", ", ");
  return checks.fail(`changes are rejected: ${what}`, remedy || "free space on the disk: df -h");
}

function clockChecks(checks: ChecksOf, clockMs: number | undefined): readonly Check[] {
  if (clockMs === undefined) return [];
  const seconds = Math.round(Math.abs(clockMs) / 1000);
  if (Math.abs(clockMs) <= CLOCK_MS) return [checks.ok("its clock is that of this machine")];
  const detail = `its clock is ${seconds} s ${clockMs > 0 ? "ahead of" : "behind"} that of this machine`;
  return [checks.warn(detail, "on both machines: timedatectl set-ntp true")];
}

function policyChecks(checks: ChecksOf, { policies }: StatusView): readonly Check[] {
  const { total, byState } = policies;
  const bad = (["error", "degraded"] as const).filter((state) => byState[state] > 0);
  if (bad.length === 0) return [checks.ok(`${total === 1 ? "1 policy" : `${total} policies`}`)];
  return bad.map((state) =>
    checks.warn(
      `${byState[state]} of ${total} policies: ${state}`,
      `vtap policies --state ${state}`,
    ),
  );
}

/** Where switches connect, while none does. */
function entranceChecks(checks: ChecksOf, { openflow, switches }: StatusView): readonly Check[] {
  if (openflow === undefined || switches.connected > 0) return [];
  const places = openflow.map((each) => `${each.tls ? "ssl" : "tcp"}:${formatEndpoint(each)}`);
  if (places.length > 0 && openflow.every(({ host }) => isLoopbackAddress(host))) {
    return [
      checks.warn(
        `no switch is connected, and only switches of the controller's machine can connect: ${places.join(", ")}`,
        "vtap serve --openflow 0.0.0.0:6653 for the switches of other machines",
      ),
    ];
  }
  return [
    checks.warn(
      `no switch is connected; switches connect to ${places.join(", ")}`,
      "on the switch: vtap doctor --ovsdb unix:/var/run/openvswitch/db.sock",
    ),
  ];
}

/** Peers that no switch stands for. */
function rejectionChecks(
  checks: ChecksOf,
  { rejections, switches, readiness }: ControllerFacts,
): readonly Check[] {
  const shown = new Set(switches.filter(({ connected }) => !connected).map(({ dpid }) => dpid));
  const now = readiness.time ?? Date.now();
  return (rejections?.items ?? [])
    .filter(({ dpid, at }) => !shown.has(dpid ?? "") && now - Date.parse(at) < RECENT_MS)
    .map(({ address, dpid, reason, count }) => {
      const who = dpid === undefined ? address : `switch ${dpid} at ${address}`;
      return checks.warn(`rejected, ${count} times: ${who}: ${reason}`, remedyFor(reason));
    });
}

function remedyFor(reason: string): string {
  if (/OpenFlow \S+.*, not 1\.4/.test(reason)) {
    return "on the switch: ovs-vsctl add bridge BRIDGE protocols OpenFlow14";
  }
  if (/certificate|authority|TLS|pin/.test(reason)) {
    return "on the switch: ovs-vsctl get-ssl; docs/security.md says which files it needs";
  }
  if (/not OpenFlow|hello/.test(reason)) return "find out what connects there: ss -tnp";
  return "vtap switches shows which switches take part, and why";
}
