// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { MonitorIndex } from "../../../src/controller/policies/monitor-index.ts";
import { formatMac } from "../../../src/openflow/index.ts";
import { type Policy, parsePolicy } from "../../../src/policy/index.ts";
import { formatIpAddress, parseIpAddress } from "../../../src/topology/index.ts";

const MAC = "fa:00:00:00:00:03";

function policy(id: string, ...monitors: object[]): Policy {
  const ends = { sender: { ip: "10.0.0.1" }, receiver: { ip: "10.0.0.2" } };
  const parsed = parsePolicy({ id, ...ends, monitors });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.value.policy;
}

/** An index and what it notifies, as text. */
function watched() {
  const index = new MonitorIndex();
  const heard: string[] = [];
  index.subscribe((address, isNamed) => {
    const text = "mac" in address ? formatMac(address.mac) : formatIpAddress(address.ip);
    heard.push(`${isNamed ? "+" : "-"}${text}`);
  });
  return { index, heard };
}

const host = { mac: 0xfa0000000003, ips: [parseIpAddress("10.0.0.3")].flatMap((ip) => ip ?? []) };

test("an address is named from the first policy to the last, members of balanced sets included", () => {
  const { index, heard } = watched();
  const [one, two] = [
    policy("one", { mac: MAC }),
    policy("two", { balance: [{ mac: MAC }, { ip: "10.0.0.3" }] }),
  ];
  index.replace(undefined, one);
  index.replace(undefined, two);
  expect(heard).toEqual([`+${MAC}`, "+10.0.0.3"]);
  expect(index.policiesOf(host)).toEqual(["one", "two", "two"]);
  index.replace(one, undefined);
  expect(heard).toHaveLength(2);
  index.replace(two, undefined);
  expect(heard.slice(2)).toEqual([`-${MAC}`, "-10.0.0.3"]);
  expect(index.policiesOf(host)).toEqual([]);
});

test("an edit that keeps a monitor notifies nothing, and one that replaces it names the new one first", () => {
  const { index, heard } = watched();
  const before = policy("one", { mac: MAC });
  index.replace(undefined, before);
  const kept = policy("one", { mac: MAC }, { ip: "fd00::3" });
  index.replace(before, kept);
  expect(heard).toEqual([`+${MAC}`, "+fd00::3"]);
  index.replace(kept, policy("one", { ip: "10.0.0.3" }));
  expect(heard.slice(2)).toEqual(["+10.0.0.3", `-${MAC}`, "-fd00::3"]);
});

test("a monitor named by a port or by a host's name has no address that could move", () => {
  const { index, heard } = watched();
  index.replace(undefined, policy("one", { port: { switch: "s1", port: 3 } }, { host: "h3" }));
  expect(heard).toEqual([]);
});
