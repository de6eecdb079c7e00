// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { namedRows } from "../../../src/page/data/named-rows.ts";
import { policyRow } from "../../../src/page/data/policy-row.ts";

const [H1, H2, H3] = [1, 2, 3].map((n) => `fa:00:00:00:00:0${n}`) as [string, string, string];

function rowOf(document: object) {
  const added = { id: "p", revision: 1, updatedAt: "", origin: { kind: "api" } as const };
  return policyRow({ ...added, ...document });
}

const HOSTS = new Map([
  [H1, { name: "client" }],
  [H2, {}],
  [H3, { name: "ids" }],
]);

test("hosts that a policy names by MAC address have their names, and keep the address", () => {
  const row = rowOf({
    sender: { mac: H1, ip: "10.0.0.1" },
    receiver: { mac: H2 },
    monitors: [{ mac: H3 }, { mac: H2 }, { host: "recorder" }],
  });
  const named = namedRows(new Map([["p", row]]), HOSTS).get("p");
  expect(named?.sender).toEqual({ host: "client", mac: H1, ip: "10.0.0.1" });
  expect(named?.receiver).toEqual(row.receiver);
  expect(named?.monitors).toEqual(["ids", H2, "recorder"]);
});

test("a row without such addresses is the same object, and a changed one is made once", () => {
  const plain = rowOf({ sender: "any", receiver: { host: "h2" }, monitors: [{ host: "h3" }] });
  const other = rowOf({ sender: { mac: H1 }, receiver: "any", monitors: [{ host: "h3" }] });
  const rows = new Map([
    ["plain", plain],
    ["other", other],
  ]);
  const first = namedRows(rows, HOSTS);
  expect(first.get("plain")).toBe(plain);
  expect(namedRows(rows, HOSTS).get("other")).toBe(first.get("other"));
  const renamed = namedRows(rows, new Map([[H1, { name: "laptop" }]]));
  expect(renamed.get("other")?.sender.host).toBe("laptop");
});
