// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "vitest";
import {
  canonicalMatch,
  EncodeError,
  match,
  matchKey,
  OXM_FIELDS,
  oxmFieldByName,
  oxmFieldByOxmName,
} from "../../../src/openflow/index.ts";

describe("the table of fields", () => {
  test("contains every name and every code once", () => {
    expect(new Set(OXM_FIELDS.map(({ name }) => name)).size).toBe(OXM_FIELDS.length);
    expect(new Set(OXM_FIELDS.map(({ oxm }) => oxm)).size).toBe(OXM_FIELDS.length);
    const codes = OXM_FIELDS.map((row) => `${row.class}/${row.experimenter}/${row.code}`);
    expect(new Set(codes).size).toBe(OXM_FIELDS.length);
  });

  test("contains every basic field of 1.4, prerequisites first", () => {
    const basic = OXM_FIELDS.filter((row) => row.class === 0x8000 && row.code <= 41);
    const codes = basic.map(({ code }) => code);
    // 40 is reserved.
    expect(codes).toEqual([...Array.from({ length: 40 }, (_, code) => code), 41]);
    const names = OXM_FIELDS.map(({ name }) => name as string);
    for (const { name, prerequisites } of OXM_FIELDS) {
      for (const { field } of prerequisites) {
        expect(names.indexOf(field), `${field} of ${name}`).toBeGreaterThanOrEqual(0);
      }
    }
  });

  test("is found by both names", () => {
    expect(oxmFieldByName("ipv4Src")).toBe(oxmFieldByOxmName("ipv4_src"));
    expect(oxmFieldByName("toString")).toBeUndefined();
  });
});

describe("match()", () => {
  test("accepts numbers, text and masks, and orders the fields", () => {
    const built = match({
      ipv4Src: "10.0.0.0/8",
      tcpDst: { value: 0x50, mask: 0xfff0 },
      ipProto: 6,
      ethType: "0x0800",
      ethDst: "fa:00:00:00:00:02",
      metadata: "0x10/0xf0",
      inPort: 1,
    });
    expect(built).toEqual([
      { field: "inPort", value: 1 },
      { field: "metadata", value: 0x10n, mask: 0xf0n },
      { field: "ethDst", value: 0xfa0000000002 },
      { field: "ethType", value: 0x0800 },
      { field: "ipProto", value: 6 },
      { field: "ipv4Src", value: 0x0a000000, mask: 0xff000000 },
      { field: "tcpDst", value: 0x50, mask: 0xfff0 },
    ]);
  });

  test.each([
    [{ ipv4Src: "10.0.0.0/33" }, "ipv4Src"],
    [{ ethDst: "fa:00" }, "ethDst"],
    [{ vlanVid: "0x2000" }, "vlanVid"],
    [{ ipv6Src: "::/129" }, "ipv6Src"],
    [{ tcpDst: "http" }, "tcpDst"],
  ])("refuses %j", (input, path) => {
    expect(() => match(input)).toThrow(expect.objectContaining({ code: "bad-text", path }));
  });

  test("refuses unknown fields", () => {
    expect(() => match({ ipv5Src: 1 } as never)).toThrow(EncodeError);
  });
});

describe("canonical form", () => {
  test("drops ineffective masks and masked-out bits", () => {
    const same = canonicalMatch([
      { field: "ipv4Src", value: 0x0a0000ff, mask: 0xff000000 },
      { field: "ethDst", value: 5, mask: 0xffffffffffff },
      { field: "inPort", value: 7, mask: 0 },
      { field: "vlanVid", value: 0x1000, mask: 0xffff },
    ]);
    expect(same).toEqual([
      { field: "ethDst", value: 5 },
      { field: "vlanVid", value: 0x1000 },
      { field: "ipv4Src", value: 0x0a000000, mask: 0xff000000 },
    ]);
    expect(canonicalMatch(same)).toEqual(same);
  });

  test("is the identity of a flow", () => {
    const a = match({ inPort: 1, ipv6Src: "2001:db8::/32" });
    const b = [...match({ ipv6Src: "2001:db8::1/32" }), ...match({ inPort: 1 })];
    expect(matchKey(a)).toBe(matchKey(b));
    expect(matchKey(a)).not.toBe(matchKey(match({ inPort: 1, ipv6Src: "2001:db8::/33" })));
    const unknown = (data: number) =>
      matchKey([
        { field: "unknown", oxmClass: 9, code: 1, hasMask: false, data: new Uint8Array([data]) },
      ]);
    expect(unknown(1)).not.toBe(unknown(2));
  });
});
