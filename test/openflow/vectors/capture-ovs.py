#!/usr/bin/python3
"""Writes ovs.json: what ovs-ofctl and a private Open vSwitch say to each other in OpenFlow 1.4.

Run: /usr/bin/python3 capture-ovs.py > ovs.json  (no root; takes about a minute)
A relay between them takes the bytes; `says` is how `ovs-ofctl ofp-print` reads them. One message
of each kind is kept, and every different flow-mod, group-mod, meter-mod and error.
"""
import json, os, re, shutil, socket, subprocess, sys, tempfile, threading, time
D=tempfile.mkdtemp(); env=dict(os.environ,OVS_RUNDIR=D,OVS_LOGDIR=D,OVS_DBDIR=D)
def run(*a,check=True,**k): return subprocess.run(a,env=env,check=check,capture_output=True,text=True,**k)
seen={}
def relay(a,b,way):
    buf=b""
    try:
        while True:
            d=a.recv(65536)
            if not d: break
            b.sendall(d); buf+=d
            while len(buf)>=8:
                n=int.from_bytes(buf[2:4],"big")
                if len(buf)<n: break
                m=buf[:n]; buf=buf[n:]
                key=m.hex()
                if key not in seen: seen[key]=(way,label[0])
    except OSError: pass
    try: b.shutdown(socket.SHUT_RDWR)
    except OSError: pass
label=[""]
def serve(path):
    s=socket.socket(); s.setsockopt(socket.SOL_SOCKET,socket.SO_REUSEADDR,1); s.bind(("127.0.0.1",16699)); s.listen(8)
    while True:
        c,_=s.accept(); u=socket.socket(socket.AF_UNIX); u.connect(path)
        threading.Thread(target=relay,args=(c,u,"to switch"),daemon=True).start()
        threading.Thread(target=relay,args=(u,c,"from switch"),daemon=True).start()
try:
    run("ovsdb-tool","create",D+"/conf.db","/usr/share/openvswitch/vswitch.ovsschema")
    run("ovsdb-server",D+"/conf.db","--remote=punix:%s/db.sock"%D,"--pidfile","--detach","--log-file")
    run("ovs-vsctl","--db=unix:%s/db.sock"%D,"--no-wait","init")
    run("ovs-vswitchd","--enable-dummy=override","--disable-system","--pidfile","--detach","--log-file","unix:%s/db.sock"%D)
    V=["ovs-vsctl","--db=unix:%s/db.sock"%D]
    run(*V,"add-br","s1","--","set","bridge","s1","datapath_type=dummy","protocols=OpenFlow14,OpenFlow13","fail-mode=secure","other-config:datapath-id=00000000000000aa")
    for i in (1,2,3): run(*V,"add-port","s1","h%d"%i,"--","set","interface","h%d"%i,"type=dummy","ofport_request=%d"%i)
    run(*V,"set","port","h3","qos=@q","--","--id=@q","create","qos","type=linux-htb","queues:1=@q1","--","--id=@q1","create","queue","other-config:max-rate=1000000",check=False)
    threading.Thread(target=serve,args=(D+"/s1.mgmt",),daemon=True).start()
    T="tcp:127.0.0.1:16699"; O=["ovs-ofctl","-O","OpenFlow14"]
    def of(name,*a,**k):
        label[0]=name
        r=run(*O,a[0],T,*a[1:],check=False,timeout=20,**k)
        if r.returncode: print("FAIL",name,r.stderr.strip()[:200],file=sys.stderr)
    of("show","show"); of("dump-desc","dump-desc"); of("dump-tables","dump-tables"); of("dump-table-features","dump-table-features"); of("dump-table-desc","dump-table-desc")
    of("dump-ports","dump-ports"); of("dump-ports-desc","dump-ports-desc"); of("queue-stats","queue-stats"); of("queue-get-config","queue-get-config"); of("dump-group-features","dump-group-features"); of("meter-features","meter-features")
    of("get-frags","get-frags"); of("set-frags","set-frags","drop"); of("mod-port","mod-port","h2","no-flood"); of("mod-port down","mod-port","h2","down"); of("mod-table","mod-table","3","evict"); of("mod-table vacancy","mod-table","4","vacancy:20,80")
    groups=["group_id=1,type=all,bucket=output:1,bucket=set_field:fa:00:00:00:00:09->eth_dst,output:2","group_id=2,type=select,bucket=weight:5,output:1,bucket=weight:10,watch_port:2,output:2","group_id=3,type=ff,bucket=watch_port:1,output:1,bucket=watch_port:2,watch_group:1,output:2","group_id=4,type=indirect,bucket=push_vlan:0x88a8,set_field:4196->vlan_vid,group:1"]
    for g in groups: of("add-group","add-group",g)
    of("mod-group","mod-group",groups[0]+",bucket=in_port")
    of("add-meter","add-meter","meter=5,kbps,burst,stats,band=type=drop,rate=1000,burst_size=100"); of("add-meter2","add-meter","meter=6,pktps,band=type=dscp_remark,rate=1000,prec_level=1")
    of("dump-groups","dump-groups"); of("dump-group-stats","dump-group-stats"); of("dump-meters","dump-meters"); of("meter-stats","meter-stats")
    acts=["output:2","controller:128","normal","flood","all","in_port","local","group:1","set_queue:1,output:3","push_vlan:0x8100,set_field:4196->vlan_vid,output:2","pop_vlan,output:2","push_mpls:0x8847,set_field:5->mpls_label,output:2","dec_ttl,output:2","dec_ttl(1,2),output:2","set_field:fa:00:00:00:00:01/ff:00:00:00:00:00->eth_src,output:2","set_field:10.0.0.1->ip_src,output:2","resubmit(1,2)","resubmit(,3)","resubmit(,3,ct)","load:0x5->NXM_NX_REG0[0..15]","load:0xfa->NXM_OF_ETH_DST[40..47]","move:NXM_OF_ETH_SRC[]->NXM_OF_ETH_DST[]","move:NXM_NX_REG0[0..7]->NXM_NX_REG1[8..15]","set_field:0x12/0xff->reg0","set_field:5->xreg1","set_field:7->xxreg0","output:NXM_NX_REG0[0..15]","output(port=2,max_len=100)","set_tunnel:5","set_tunnel64:0x123456789a","note:01.02.03.04.05.06.07","learn(table=1,idle_timeout=10,hard_timeout=20,priority=100,cookie=0x5,NXM_OF_VLAN_TCI[0..11],NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],load:NXM_OF_IN_PORT[]->NXM_NX_REG0[0..15],output:NXM_OF_IN_PORT[])","learn(table=1,limit=5,result_dst=NXM_NX_REG1[0],eth_type=0x800,NXM_OF_IP_SRC[],delete_learned)","ct(commit,zone=5,exec(set_field:1->ct_mark))","ct(table=3,zone=NXM_NX_REG0[0..15])","ct(commit,nat(src=10.0.0.1-10.0.0.9:100-200,random))","ct(commit,nat(dst=[2001:db8::1]))","ct(table=1,nat)","ct_clear","clone(set_field:fa:00:00:00:00:01->eth_src,output:2)","controller(reason=no_match,max_len=100,id=5)","controller(userdata=01.02.03,pause)","controller(id=7,userdata=aa,meter_id=6)","sample(probability=100,collector_set_id=1,obs_domain_id=2,obs_point_id=3)","sample(probability=100,collector_set_id=1,obs_domain_id=2,obs_point_id=3,sampling_port=1,egress)","sample(probability=9,collector_set_id=1,sampling_port=1)","fin_timeout(idle_timeout=5,hard_timeout=9)","push:NXM_NX_REG0[0..15],pop:NXM_NX_REG1[]","exit","multipath(eth_src,50,modulo_n,1,0,NXM_NX_REG0[])","bundle(eth_src,0,hrw,ofport,members:1,2)","bundle_load(eth_src,0,hrw,ofport,NXM_NX_REG0[],members:1,2)","check_pkt_larger(100)->NXM_NX_REG0[0]","encap(nsh(md_type=1))","decap()","delete_field:tun_metadata0","write_metadata:0x5/0xff,goto_table:2","meter:5,output:2","write_actions(output:2,group:1),goto_table:2","clear_actions,output:2","copy_ttl","drop","set_mpls_ttl(5)","mod_nw_ttl:9","dec_nsh_ttl","pop_queue"]
    pre={"set_mpls_ttl(5)":"mpls,","set_field:10.0.0.1->ip_src,output:2":"ip,","dec_ttl,output:2":"ip,","dec_ttl(1,2),output:2":"ip,","fin_timeout(idle_timeout=5,hard_timeout=9)":"tcp,","ct(commit,zone=5,exec(set_field:1->ct_mark))":"ip,","mod_nw_ttl:9":"ip,"}
    for i,a in enumerate(acts):
        p=pre.get(a, "ip," if a.startswith(("ct","learn(table=1,limit")) and a!="ct_clear" else "")
        if "2001" in a: p="ipv6,"
        if "nsh" in a and "encap" not in a: p="eth_type=0x894f,"
        if a.startswith("pop_vlan"): p="vlan_tci=0x1000/0x1000,"
        of("action "+a.split(",")[0].split("(")[0],"add-flow","table=0,priority=%d,cookie=0x%x,%sactions=%s"%(1000+i,i,p,a))
    of("action conjunction","add-flow","table=5,priority=7,ip,ip_src=10.0.0.1,actions=conjunction(9,1/2)")
    matches=["in_port=1","dl_src=fa:00:00:00:00:01,dl_dst=01:00:00:00:00:00/01:00:00:00:00:00","dl_vlan=5,dl_vlan_pcp=3","vlan_tci=0x1000/0x1000","vlan_tci=0","ip,nw_src=10.0.0.0/8,nw_dst=10.1.2.3,nw_proto=47,ip_dscp=5,nw_ecn=2,nw_ttl=64","tcp,tp_src=80,tp_dst=0x100/0xff00,tcp_flags=+syn-ack","udp6,udp_src=53","sctp,sctp_dst=9","icmp,icmp_type=8,icmp_code=0","icmp6,icmp_type=135,nd_target=fe80::1,nd_sll=fa:00:00:00:00:01","icmp6,icmp_type=136,nd_tll=fa:00:00:00:00:01","arp,arp_op=1,arp_spa=10.0.0.1,arp_tpa=10.0.0.2,arp_sha=fa:00:00:00:00:01,arp_tha=fa:00:00:00:00:02","ipv6,ipv6_src=2001:db8::/32,ipv6_dst=::1,ipv6_label=0x12345","mpls,mpls_label=5,mpls_tc=1,mpls_bos=1,mpls_ttl=6","tun_id=0x5,tun_src=1.2.3.4,tun_dst=1.2.3.0/24,tun_flags=+oam","tun_ipv6_src=::1,tun_ipv6_dst=2001::/16","tun_gbp_id=5,tun_gbp_flags=0x8","reg0=5,reg1=0x10/0xff,reg15=1,xreg4=9","xxreg2=0x11","metadata=5/0xff","pkt_mark=7","ct_state=+trk+est-new,ct_zone=5,ct_mark=1/3,ct_label=0x1/0xff","ip,ct_state=+trk,ct_nw_src=10.0.0.1,ct_nw_dst=10.0.0.0/8,ct_nw_proto=6,ct_tp_src=5,ct_tp_dst=6","conj_id=9","ip,ip_frag=no","ip,ip_frag=later","dl_type=0x1234","packet_type=(1,0x894f)","nd_target=::1,icmp6,icmp_type=135,nd_options_type=1","recirc_id=0","dp_hash=5","actset_output=3","tun_metadata0=0x5"]
    for i,m in enumerate(matches): of("match "+m.split(",")[0],"add-flow","table=9,priority=%d,%s,actions=drop"%(i+1,m))
    open(D+"/f.txt","w").write("add table=7,priority=1,actions=drop\nmodify table=7,actions=output:2\ndelete table=7\n"); open(D+"/g.txt","w").write("group add group_id=77,type=all,bucket=output:1\nflow add table=7,priority=3,actions=group:77\ngroup delete group_id=77\n")
    label[0]="bundle"; print(run(*O,"bundle",T,D+"/g.txt",check=False).stderr,file=sys.stderr)
    label[0]="bundle flows"; print(run(*O,"--bundle","add-flows",T,D+"/f.txt",check=False).stderr,file=sys.stderr)
    of("packet-out","packet-out","in_port=controller,packet=fa0000000002fa0000000001080045000014000000004000000000000000000000000000,actions=output:2")
    # monitor: packet-in, flow monitor, port status, flow removed, requestforward
    label[0]="monitor"
    m=subprocess.Popen(["ovs-ofctl","-O","OpenFlow14","monitor",T,"65535","watch:"],env=env,stdout=subprocess.DEVNULL,stderr=subprocess.PIPE)
    m2=subprocess.Popen(["ovs-ofctl","-O","OpenFlow14","monitor",T,"65535","-i"],env=env,stdout=subprocess.DEVNULL,stderr=subprocess.PIPE)
    time.sleep(1)
    run("ovs-ofctl","-O","OpenFlow14","add-flow",D+"/s1.mgmt","table=0,priority=60000,in_port=1,idle_timeout=1,send_flow_rem,actions=controller:128,set_field:5->reg0,controller(userdata=01)")
    run("ovs-appctl","netdev-dummy/receive","h1","fa0000000002fa0000000001080045000014000000004000000000000000000000000000")
    run("ovs-ofctl","-O","OpenFlow14","mod-port",D+"/s1.mgmt","h3","down"); run("ovs-ofctl","-O","OpenFlow14","mod-flows",D+"/s1.mgmt","table=0,in_port=1,actions=output:2")
    run("ovs-ofctl","-O","OpenFlow14","--strict","del-flows",D+"/s1.mgmt","table=0,priority=60000,in_port=1"); run("ovs-ofctl","-O","OpenFlow14","mod-group",D+"/s1.mgmt","group_id=1,type=all,bucket=output:1")
    run(*V,"del-port","s1","h2"); time.sleep(.5)
    m.terminate(); m2.terminate()
    # controller side: a listener for hello/role etc
    label[0]="errors"
    of("errors","add-group","group_id=3,type=all,bucket=output:1"); of("errors","add-flow","table=0,actions=group:999"); of("errors","add-meter","meter=5,kbps,band=type=drop,rate=5")

finally:
    for p in ("ovs-vswitchd","ovsdb-server"):
        try: os.kill(int(open(D+"/%s.pid"%p).read()),15)
        except Exception as e: pass
    time.sleep(.3); shutil.rmtree(D,ignore_errors=True)
out, kept, count = [], set(), {}
for k, (way, name) in seen.items():
    kind = int(k[2:4], 16)
    key = (kind, k[16:20] if kind in (18, 19) else "")
    if kind in (1, 14, 15, 29):
        key = k[16:]
    elif kind in (2, 3, 10, 11, 12, 16, 17, 33, 34):
        key = (kind, k[16:40])
    elif kind == 4:
        key = (kind, k[16:32])
    elif kind in (18, 19) and k[16:20] == "0010":
        key = (kind, k[:60])
    if key in kept or (len(k) > 14000 and k[16:20] != "000c"):
        continue
    kept.add(key)
    says = subprocess.run(["ovs-ofctl", "ofp-print", k], capture_output=True, text=True).stdout.strip() if len(k) < 120000 else ""
    base = "%s, %s: %s" % (name, way, re.split(r" \(", says)[0] if says else "?")
    count[base] = count.get(base, 0) + 1
    title = base if count[base] == 1 else "%s #%d" % (base, count[base])
    out.append({"name": title, "hex": k, "says": says if len(says) < 4000 else ""})
print("[")
print(",\n".join(json.dumps(o) for o in out))
print("]")
