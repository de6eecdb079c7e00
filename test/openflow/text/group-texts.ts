// SPDX-License-Identifier: Apache-2.0
/** Groups that `ovs-ofctl add-group` of Open vSwitch 3.1 accepts. */
export const GROUP_TEXTS: readonly string[] = [
  "group_id=1,type=all,bucket=output:1,bucket=set_field:1:2:3:4:5:6->eth_src,output:2",
  "group_id=2,type=select,bucket=weight:5,output:1,bucket=weight:0,output:2,bucket=output:3",
  "group_id=3,type=ff,bucket=watch_port:5,output:1,bucket=watch_group:1,actions=output:2",
  "group_id=4,type=indirect,bucket=output:1",
  "group_id=5,type=all",
  "group_id=6,type=all,bucket=actions=drop",
  "group_id=8,type=fast_failover,bucket=bucket_id:7,watch_port=5,actions=output:1,output:2",
  "group_id=10,type=select,bucket=weight:1,group:1",
  "group_id=0x11,type=all,bucket=actions=CONTROLLER",
  "group_id=16 type=all bucket=resubmit(,5) bucket=set_field:3->reg0,resubmit(,1)",
  "group_id=18,type=all,bucket=actions=set_field:fa:00:00:00:00:03->eth_dst,IN_PORT,bucket=NORMAL",
  "group_id=4294967040,type=all,bucket=actions=push_vlan:0x88a8,set_field:4099->vlan_vid,output:1",
];

/** Meters that `ovs-ofctl add-meter` accepts. */
export const METER_TEXTS: readonly string[] = [
  "meter=1,kbps,band=type=drop,rate=5",
  "meter=2,kbps,burst,stats,band=type=drop,rate=5,burst_size=3",
  "meter=controller,pktps,band=type=drop,rate=5",
  "meter=slowpath,pktps,band=type=drop,rate=5",
  "meter=6 pktps bands=type=drop rate=5 type=drop rate=6",
];

/** A meter of a kind that Open vSwitch sends and does not install. */
export const REMARK_TEXT =
  "meter=4,pktps,burst,band=type=dscp_remark,prec_level=2,rate=5,burst_size=7";
