// SPDX-License-Identifier: Apache-2.0
import type {
  SwitchDatabaseView,
  SwitchSettings,
} from "../../contract/observation/switch-database.ts";
import { type Check, type ChecksOf, checksOf, shellWord } from "./check.ts";

/** A bridge, as its database shows it. */
export interface BridgeFacts {
  readonly settings: SwitchSettings;
  /** Absent: `ovs-vswitchd` has not taken the bridge over. */
  readonly dpid?: string;
  /** The last errors of its controllers, by target. */
  readonly lastErrors: ReadonlyMap<string, string>;
  /** Ports that have lost frames. */
  readonly losses?: readonly PortLosses[];
}

type PortLosses = NonNullable<SwitchDatabaseView["losses"]>["ports"][number];

/** The version from which Open vSwitch enables OpenFlow 1.4 by default. @see its NEWS, v2.8.0 */
const FIRST_WITH_OPENFLOW14 = [2, 8] as const;

/** Where the target of a controller has to be filled in. */
const CONTROLLER_TARGET = "tcp:ADDRESS-OF-VTAP:6653";

/** Checks a bridge before a controller has it, or when none reaches it. */
export function bridgeChecks(facts: BridgeFacts): readonly Check[] {
  const { settings, dpid, lastErrors, losses = [] } = facts;
  const checks = checksOf(`bridge ${settings.bridge}`);
  return [
    dpid === undefined
      ? checks.fail(
          "ovs-vswitchd has not taken the bridge over",
          "systemctl status ovs-vswitchd, or start it: ovs-ctl start",
        )
      : checks.ok(`datapath id ${dpid}`),
    ...settingChecks(checks, settings),
    ...controllerChecks(checks, settings, lastErrors),
    failModeCheck(checks, settings),
    ...lossChecks(checks, losses),
  ];
}

/** Ports named at once. */
const MOST_PORTS = 5;

/** Whether ports have lost frames, since they are there: copies may be among them. */
export function lossChecks(checks: ChecksOf, losses: readonly PortLosses[]): readonly Check[] {
  const named = losses.slice(0, MOST_PORTS).map(({ port, type, counts }) => {
    const what = Object.entries(counts).map(([key, count]) => `${key} ${count}`);
    return checks.note(
      `port ${port}${type === "" ? "" : ` (${type})`} has lost frames: ${what.join(", ")}`,
    );
  });
  const more = losses.length - named.length;
  return more > 0 ? [...named, checks.note(`${more} more ports have lost frames`)] : named;
}

/** Checks what does not depend on who controls the bridge. */
export function settingChecks(checks: ChecksOf, settings: SwitchSettings): readonly Check[] {
  const { version, datapathType, mirrors, portErrors, dpdk } = settings;
  return [
    version === undefined
      ? checks.note("the database does not say the version of Open vSwitch")
      : checks.ok(`Open vSwitch ${version}`),
    protocolCheck(checks, settings),
    checks.ok(`datapath ${datapathType}${dpdk ? dpdkText(dpdk) : ""}`),
    vlanLimitCheck(checks, settings),
    ...mirrors.map(({ name, outputPort, outputVlan }) =>
      checks.note(
        `mirror ${name} sends frames to ${outputPort === undefined ? `VLAN ${outputVlan ?? "?"}` : `port ${outputPort}`}, beside OpenVTAP`,
      ),
    ),
    ...portErrors.map(({ port, error }) =>
      checks.warn(
        `port ${port} does not work: ${error}`,
        `ovs-vsctl list interface ${shellWord(port)}`,
      ),
    ),
  ];
}

function dpdkText({ version, pmdCpuMask }: NonNullable<SwitchSettings["dpdk"]>): string {
  const name = `, ${version ?? "DPDK"}`;
  return pmdCpuMask === undefined ? name : `${name}, poll mode threads on ${pmdCpuMask}`;
}

function protocolCheck(checks: ChecksOf, settings: SwitchSettings): Check {
  const { bridge, protocols, version } = settings;
  const remedy = `ovs-vsctl add bridge ${shellWord(bridge)} protocols OpenFlow14`;
  if (protocols.length > 0) {
    return protocols.includes("OpenFlow14")
      ? checks.ok("OpenFlow 1.4 is enabled")
      : checks.fail(`OpenFlow 1.4 is not enabled: protocols are ${protocols.join(", ")}`, remedy);
  }
  return isBefore(version, FIRST_WITH_OPENFLOW14)
    ? checks.fail(
        `Open vSwitch ${version} enables OpenFlow 1.4 only where it is configured`,
        remedy,
      )
    : checks.ok("OpenFlow 1.4 is enabled by default");
}

function vlanLimitCheck(checks: ChecksOf, { vlanLimit }: SwitchSettings): Check {
  if (vlanLimit === 1) return checks.ok("vlan-limit 1");
  const kept = vlanLimit === 0 ? "as many tags as the switch can" : `${vlanLimit} tags`;
  return checks.note(
    `vlan-limit ${vlanLimit}: the switch parses ${kept}; frames with a tag are not copied by a tap VLAN`,
  );
}

function controllerChecks(
  checks: ChecksOf,
  { bridge, controllers }: SwitchSettings,
  lastErrors: BridgeFacts["lastErrors"],
): readonly Check[] {
  const name = shellWord(bridge);
  if (controllers.length === 0) {
    return [
      checks.warn(
        "no controller is configured; the first one that is set makes the switch delete all flow entries of the bridge: where another application programs it see docs/existing-bridges.md",
        `ovs-vsctl set-fail-mode ${name} secure -- set-controller ${name} ${CONTROLLER_TARGET}`,
      ),
    ];
  }
  const connected = controllers.filter((each) => each.connected).map(({ target }) => target);
  const remaining = [...connected, CONTROLLER_TARGET].map(shellWord).join(" ");
  return controllers.map(({ target, connected: isConnected, role }) => {
    if (isConnected)
      return checks.ok(`controller ${target} is connected${role ? `, ${role}` : ""}`);
    // Passive: the bridge waits for controllers.
    if (/^p(tcp|ssl|unix):/.test(target))
      return checks.note(`the bridge accepts controllers at ${target}`);
    const error = lastErrors.get(target);
    return checks.fail(
      `controller ${target} is not connected${error ? ` (${error})` : ""}`,
      `start vtap serve there, or correct the address: ovs-vsctl set-controller ${name} ${remaining}`,
    );
  });
}

function failModeCheck(checks: ChecksOf, { bridge, failMode, controllers }: SwitchSettings): Check {
  if (failMode === "secure") return checks.ok(SECURE);
  const detail =
    "the fail mode is standalone: when no controller is connected, the switch deletes all entries and forwards by itself, without copies";
  const command = `ovs-vsctl set-fail-mode ${shellWord(bridge)} secure`;
  if (controllers.some(({ connected }) => connected)) return checks.warn(detail, command);
  // Changed now it would delete the entries of the bridge.
  const remedy =
    controllers.length === 0 ? "with the controller, as above" : "when the controller is connected";
  return checks.warn(detail, `${command}, ${remedy}`);
}

export const SECURE = "the fail mode is secure";

function isBefore(version: string | undefined, [major, minor]: readonly [number, number]): boolean {
  const [, ofMajor, ofMinor] = /^(\d+)\.(\d+)/.exec(version ?? "") ?? [];
  if (ofMajor === undefined) return false;
  return Number(ofMajor) < major || (Number(ofMajor) === major && Number(ofMinor) < minor);
}
