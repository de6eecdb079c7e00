# SPDX-License-Identifier: Apache-2.0
# An OVN without root: its two central databases with northd, and two hypervisors with a bridge br-int each, whose
# network devices are dummies. Ends when its standard input does, and removes its directory.
# usage: sh ovn.sh DIRECTORY
set -eu
cd "$1"
export PATH="$PATH:/usr/sbin:/usr/share/ovn/scripts"
finish() {
  trap '' EXIT
  for file in */*.pid; do kill -9 "$(cat "$file")" 2>/dev/null || true; done
  rm -rf "$1"
}
trap 'finish "$1"' EXIT
trap '' INT TERM HUP

mkdir central
for name in nb sb; do
  ovsdb-tool create "central/$name.db" "/usr/share/ovn/ovn-$name.ovsschema"
  OVS_RUNDIR=$1/central ovsdb-server "$1/central/$name.db" --remote="punix:$1/central/$name.sock" \
    --unixctl="$1/central/$name.ctl" --pidfile="$1/central/$name.pid" --detach -vconsole:off --log-file="$1/central/$name.log"
done
export OVN_NB_DB="unix:$1/central/nb.sock" OVN_SB_DB="unix:$1/central/sb.sock"
OVN_RUNDIR=$1/central OVS_RUNDIR=$1/central ovn-northd --ovnnb-db="$OVN_NB_DB" --ovnsb-db="$OVN_SB_DB" \
  --unixctl="$1/central/northd.ctl" --pidfile="$1/central/northd.pid" --detach -vconsole:off --log-file="$1/central/northd.log"
ovn-nbctl init

for n in 1 2; do
  home=$1/hv$n
  mkdir "$home"
  export OVS_RUNDIR="$home" OVS_LOGDIR="$home" OVS_DBDIR="$home"
  ovsdb-tool create "$home/conf.db" /usr/share/openvswitch/vswitch.ovsschema
  ovsdb-server "$home/conf.db" --remote="punix:$home/db.sock" --pidfile --detach -vconsole:off --log-file
  ovs-vsctl --no-wait init
  ovs-vswitchd --enable-dummy=system --disable-system --pidfile --detach -vconsole:off --log-file "unix:$home/db.sock"
  ovs-vsctl set Open_vSwitch . external-ids:system-id="hv$n" external-ids:hostname="hv$n" \
    external-ids:ovn-remote="$OVN_SB_DB" external-ids:ovn-encap-type=geneve external-ids:ovn-encap-ip="192.168.9.$n" \
    -- add-br br-int -- set bridge br-int datapath_type=dummy fail-mode=secure \
    other-config:datapath-id="00000000000000a$n" other-config:disable-in-band=true
  OVN_RUNDIR=$home ovn-controller "unix:$home/db.sock" --pidfile="$home/ovn-controller.pid" --detach -vconsole:off \
    --log-file="$home/ovn-controller.log"
done
echo ready
cat >/dev/null
