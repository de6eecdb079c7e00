// SPDX-License-Identifier: Apache-2.0
import type { RejectedConnection } from "../../contract/observation/rejected-connections.ts";
import type { SwitchDatabaseView } from "../../contract/observation/switch-database.ts";
import type { SwitchView } from "../../contract/switches.ts";
import { lossChecks, SECURE, settingChecks } from "./bridge-checks.ts";
import { type Check, type ChecksOf, checksOf, shellWord, splitRemedy } from "./check.ts";

/** Checks a switch, as the controller shows it. */
export function switchChecks(
  found: SwitchView,
  rejections: readonly RejectedConnection[],
): readonly Check[] {
  const { dpid, name, ovsdb } = found;
  const checks = checksOf(name === dpid ? `switch ${dpid}` : `switch ${name} (${dpid})`);
  const rejected = rejections.find((each) => each.dpid === dpid);
  return [
    ...sessionChecks(checks, found, rejected),
    ...(ovsdb ? databaseChecks(checks, ovsdb) : []),
  ];
}

function sessionChecks(
  checks: ChecksOf,
  found: SwitchView,
  rejected: RejectedConnection | undefined,
): readonly Check[] {
  const { connected, address, role, admission, admissionReason, refused, dpid, name } = found;
  const { fragmentMode } = found;
  const bridge = name === dpid ? "BRIDGE" : shellWord(name);
  if (!connected) {
    const why = rejected ? `; its connection is rejected: ${rejected.reason}` : "";
    const remedy = `on the switch: vtap doctor --ovsdb unix:/var/run/openvswitch/db.sock --bridge ${bridge}`;
    return [checks.fail(`not connected${why}`, remedy)];
  }
  const list: Check[] = [checks.ok(`connected from ${address ?? "?"}`)];
  if (role === "slave") {
    list.push(
      checks.fail(
        "this controller is a slave on the switch, and may not change it",
        "release the role of the controller that is master, or give it up there",
      ),
    );
  }
  if (admission === "quarantined") {
    const remedy = `name it in a topology file: { "switches": [{ "dpid": "${dpid}" }] }`;
    list.push(checks.warn(`it is not programmed: ${admissionReason}`, remedy));
  }
  if (refused !== undefined && refused.count > 0) {
    const [first] = refused.first;
    const reason = first ? `: ${first.reason}` : "";
    const many = refused.count === 1 ? "1 entry is" : `${refused.count} entries are`;
    list.push(checks.fail(`${many} not on the switch${reason}`, "vtap switches"));
  }
  if (fragmentMode !== undefined && fragmentMode !== "normal") {
    list.push(checks.note(`fragments of IP packets: ${fragmentMode}`));
  }
  return list;
}

/** The settings that are in order are one line: a network has many switches. */
function databaseChecks(checks: ChecksOf, database: SwitchDatabaseView): readonly Check[] {
  const { connected, settings, reasons, losses, load } = database;
  if (!connected || settings === undefined) {
    const remedy =
      "on the switch: ovs-vsctl set-manager tcp:ADDRESS-OF-VTAP:6640 (replaces all managers: ovs-vsctl get-manager)";
    return [checks.warn("its database is not connected any more", remedy)];
  }
  const found = settingChecks(checks, settings);
  const good = found.filter(({ result }) => result === "ok").map(({ detail }) => detail);
  if (settings.failMode === "secure") good.push(SECURE);
  const others = settings.controllers.filter((each) => each.connected).map(({ target }) => target);
  return [
    checks.ok(good.join(", ")),
    ...found.filter(({ result }) => result !== "ok"),
    ...(others.length > 1
      ? [checks.note(`${others.length} controllers are connected: ${others.join(", ")}`)]
      : []),
    ...lossChecks(checks, losses?.ports ?? []),
    ...(load ? loadChecks(checks, load) : []),
    ...reasons.map((reason) => checks.warn(...splitRemedy(reason, "; "))),
  ];
}

/** A machine on which more waits than it has processors for. */
function loadChecks(
  checks: ChecksOf,
  { processors, averages }: NonNullable<SwitchDatabaseView["load"]>,
): readonly Check[] {
  const [, ofFiveMinutes = 0] = averages;
  if (ofFiveMinutes <= processors) return [];
  return [checks.note(`the machine is busy: load ${ofFiveMinutes} on ${processors} processors`)];
}
