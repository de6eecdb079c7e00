// SPDX-License-Identifier: Apache-2.0
/** A port of an instance: its OpenFlow number and the addresses that it may use. */
export interface InstancePort {
  readonly port: number;
  readonly mac: string;
  readonly ip: string;
}

/**
 * The integration bridge of an OpenStack compute node, as the documentation of Neutron's Open vSwitch agent describes
 * its tables: 0 local switching, 24 guard against forged ARP, 25 guard against forged addresses, 60 transient. It
 * writes registers, as the agent's firewall does, and forwards by NORMAL; ports have VLANs in the database.
 * `ovs-ofctl` syntax.
 */
export function agentPipeline(instances: readonly InstancePort[]): string[] {
  const cookie = "cookie=0xa9e17";
  const guards = instances.flatMap(({ port, mac, ip }) => [
    `table=0,priority=10,arp,in_port=${port},actions=resubmit(,24)`,
    `table=0,priority=9,in_port=${port},actions=load:${port}->NXM_NX_REG5[],resubmit(,25)`,
    `table=24,priority=2,arp,in_port=${port},arp_spa=${ip},actions=resubmit(,25)`,
    `table=25,priority=2,in_port=${port},dl_src=${mac},actions=resubmit(,60)`,
  ]);
  const common = [
    "table=0,priority=65535,dl_vlan=4095,actions=drop",
    "table=0,priority=0,actions=resubmit(,60)",
    "table=23,priority=0,actions=drop",
    "table=24,priority=0,actions=drop",
    "table=25,priority=0,actions=drop",
    "table=60,priority=3,actions=NORMAL",
  ];
  return [...common, ...guards].map((entry) => `flow add ${cookie},${entry}`);
}
