// SPDX-License-Identifier: Apache-2.0

/** The fields of the form of a host, as texts. */
export interface HostFields {
  readonly name: string;
  readonly mac: string;
  readonly ips: string;
  readonly switch: string;
  readonly port: string;
}

/** A MAC address of any notation (dashes, dots, none) as six groups with colons; undefined: it is none. */
export function normalMac(text: string): string | undefined {
  const digits = text.trim().toLowerCase().replace(/[:.-]/g, "");
  if (!/^[0-9a-f]{12}$/.test(digits)) return undefined;
  return digits.match(/../g)?.join(":");
}

/** What is wrong with the fields, by field. */
export function readHostFields(fields: HostFields): Partial<Record<keyof HostFields, string>> {
  return {
    ...(normalMac(fields.mac) === undefined && {
      mac: "This is no MAC address: it has 12 hex digits.",
    }),
    ...(fields.switch.trim() === "" && { switch: "Name the switch that the host is attached to." }),
    ...(fields.port.trim() === "" && { port: "Write the port's number or name." }),
  };
}

/** The document that the server takes. */
export function hostDocument({ name, mac, ips, switch: at, port }: HostFields): object {
  const addresses = ips.split(/[\s,]+/).filter((each) => each !== "");
  return {
    ...(name.trim() === "" ? {} : { name: name.trim() }),
    mac: normalMac(mac) ?? mac,
    ...(addresses.length === 0 ? {} : { ips: addresses }),
    switch: at.trim(),
    port: /^\d+$/.test(port.trim()) ? Number(port) : port.trim(),
  };
}
