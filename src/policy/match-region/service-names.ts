// SPDX-License-Identifier: Apache-2.0

/** Services by the protocols that IANA assigns their port to. */
const both = {
  https: 443,
  domain: 53,
  kerberos: 88,
  sunrpc: 111,
  ntp: 123,
  snmp: 161,
  snmptrap: 162,
  ldap: 389,
  "microsoft-ds": 445,
  ldaps: 636,
  "domain-s": 853,
  openvpn: 1194,
  "ms-sql-s": 1433,
  nfs: 2049,
  "ms-wbt-server": 3389,
  sip: 5060,
  sips: 5061,
  mdns: 5353,
  openflow: 6653,
  "http-alt": 8080,
} as const;

const tcpOnly = {
  "ftp-data": 20,
  ftp: 21,
  ssh: 22,
  telnet: 23,
  smtp: 25,
  http: 80,
  pop3: 110,
  "netbios-ssn": 139,
  imap: 143,
  bgp: 179,
  submissions: 465,
  submission: 587,
  imaps: 993,
  pop3s: 995,
  mqtt: 1883,
  mysql: 3306,
  diameter: 3868,
  postgresql: 5432,
  amqp: 5672,
  "secure-mqtt": 8883,
} as const;

const udpOnly = {
  bootps: 67,
  bootpc: 68,
  tftp: 69,
  "netbios-ns": 137,
  "netbios-dgm": 138,
  isakmp: 500,
  syslog: 514,
  "dhcpv6-client": 546,
  "dhcpv6-server": 547,
  radius: 1812,
  "radius-acct": 1813,
  "gtp-control": 2123,
  "gtp-user": 2152,
  "ipsec-nat-t": 4500,
  vxlan: 4789,
  geneve: 6081,
  sflow: 6343,
} as const;

const sctp = { ssh: 22, http: 80, bgp: 179, https: 443, diameter: 3868 } as const;

const tcp = { ...both, ...tcpOnly };
const udp = { ...both, ...udpOnly };

/**
 * Names of ports by the filters that accept them: a fixed selection, so that a policy means the same on
 * every machine. A name is accepted where the registry assigns it to the protocol; `syslog` is no
 * service of TCP.
 * @see IANA service-names-port-numbers
 */
export const SERVICE_NAMES: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  tcp_src: tcp,
  tcp_dst: tcp,
  udp_src: udp,
  udp_dst: udp,
  sctp_src: sctp,
  sctp_dst: sctp,
  port: { ...tcp, ...udp },
};
