// SPDX-License-Identifier: Apache-2.0

/** How a tenant network crosses the network between hypervisors, as ONOS's SONA names it. */
export type SonaNetwork = "FLAT" | "VLAN" | "VXLAN";

/** A port of an instance in a tenant network. */
interface SonaInstance {
  /** Name of its port. */
  readonly port: string;
  readonly mac: string;
  readonly ip: string;
}

/** A hypervisor in a tenant network. */
interface SonaNode {
  readonly here: SonaInstance;
  /** The instance at the other hypervisor, and the address where tunnels end there. */
  readonly there: SonaInstance;
  readonly remote: string;
}

/** The VLAN id, or VXLAN network id, of the tenant network. */
const SEGMENT = 77;
/** Names of the ports to the physical network and to other hypervisors. */
export const SONA_PORTS = { physical: "to-phys", tunnel: "vxlan" } as const;

/**
 * The tables of the integration bridge of a compute node, as the documentation of SONA (OpenStack networking of ONOS) describes
 * them: table 0 takes in, and gives frames the segment of their network (`tun_id`, or a VLAN tag where the network is one);
 * table 30 forwards by segment and address. A frame to another hypervisor leaves by the VXLAN port with
 * the address of its end, or by the physical network. `ovs-ofctl` syntax.
 */
export function sonaPipeline(network: SonaNetwork, { here, there, remote }: SonaNode): string[] {
  const { physical, tunnel } = SONA_PORTS;
  const cookie = "cookie=0x50a4";
  const arriving = `dl_dst=${here.mac},actions=output:${here.port}`;
  const flows = {
    VXLAN: [
      `table=0,priority=30000,in_port=${here.port},actions=set_field:${SEGMENT}->tun_id,resubmit(,30)`,
      `table=0,priority=30000,in_port=${tunnel},tun_id=${SEGMENT},actions=resubmit(,30)`,
      `table=30,priority=30000,ip,tun_id=${SEGMENT},nw_dst=${here.ip},actions=set_field:${here.mac}->eth_dst,output:${here.port}`,
      `table=30,priority=30000,ip,tun_id=${SEGMENT},nw_dst=${there.ip},actions=set_field:${there.mac}->eth_dst,set_field:${remote}->tun_dst,output:${tunnel}`,
    ],
    VLAN: [
      `table=0,priority=30000,in_port=${here.port},actions=push_vlan:0x8100,set_field:${4096 + SEGMENT}->vlan_vid,output:${physical}`,
      `table=0,priority=30000,in_port=${physical},dl_vlan=${SEGMENT},actions=pop_vlan,resubmit(,30)`,
      `table=30,priority=30000,${arriving}`,
    ],
    FLAT: [
      `table=0,priority=30000,in_port=${here.port},actions=output:${physical}`,
      `table=0,priority=30000,in_port=${physical},actions=resubmit(,30)`,
      `table=30,priority=30000,${arriving}`,
    ],
  }[network];
  return flows.map((flow) => `${cookie},${flow}`);
}
