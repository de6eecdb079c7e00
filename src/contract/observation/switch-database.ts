// SPDX-License-Identifier: Apache-2.0
import { z } from "zod";

const Target = z.string().meta({ example: "tcp:192.0.2.7:6653" });

/** A mirror of a bridge, by the names of ports. */
const MirrorView = z.object({
  name: z.string(),
  own: z.literal(true).exactOptional().meta({ description: "OpenVTAP has made it for a policy." }),
  from: z
    .array(z.string())
    .readonly()
    .meta({ description: "Ports whose received frames it selects." }),
  to: z.array(z.string()).readonly().meta({ description: "Ports whose sent frames it selects." }),
  all: z.boolean().meta({ description: "It selects the frames of all ports." }),
  vlans: z
    .array(z.int())
    .readonly()
    .meta({ description: "The VLANs to which it is limited; empty: none." }),
  outputPort: z.string().exactOptional(),
  outputVlan: z.int().exactOptional(),
});

/** How a bridge is configured, as its database says. */
export const SwitchSettings = z
  .object({
    bridge: z.string().meta({ description: "The name of the bridge." }),
    version: z.string().exactOptional().meta({ description: "The version of Open vSwitch." }),
    datapathType: z.string().meta({ description: "`system`, `netdev` (userspace, DPDK), …" }),
    failMode: z.enum(["standalone", "secure"]).meta({
      description:
        "standalone: without a connected controller the switch deletes all entries and forwards by itself.",
    }),
    vlanLimit: z.int().meta({
      description: "How many VLAN tags of a frame the switch parses; 0: as many as it can.",
    }),
    protocols: z.array(z.string()).readonly().meta({
      description:
        "The versions of OpenFlow that are configured; empty: the defaults of the switch.",
    }),
    controllers: z
      .array(
        z.object({
          target: Target,
          connected: z.boolean(),
          role: z.enum(["other", "master", "slave"]).exactOptional(),
        }),
      )
      .readonly()
      .meta({ description: "Every configured controller, OpenVTAP included." }),
    managers: z.array(z.object({ target: Target, connected: z.boolean() })).readonly(),
    mirrors: z.array(MirrorView).readonly(),
    dpdk: z
      .object({
        version: z.string().exactOptional(),
        pmdCpuMask: z.string().exactOptional().meta({
          description: "The processors of poll mode threads, where it is configured.",
        }),
      })
      .exactOptional()
      .meta({ description: "Absent: DPDK is not in use." }),
    portErrors: z
      .array(z.object({ port: z.string(), error: z.string() }))
      .readonly()
      .meta({ description: "Interfaces that the switch could not set up; at most 20." }),
  })
  .meta({ id: "SwitchSettings" });
export type SwitchSettings = z.infer<typeof SwitchSettings>;

/** The connection with the database of a switch, and what it says. */
export const SwitchDatabaseView = z
  .object({
    connected: z.boolean(),
    since: z.iso.datetime().meta({ description: "Since when it is, or is not." }),
    address: z.string().exactOptional().meta({ description: "The peer of the session." }),
    transport: z.enum(["tcp", "tls", "unix"]).exactOptional(),
    settings: SwitchSettings.exactOptional().meta({ description: "Absent while not connected." }),
    losses: z
      .object({
        at: z.iso.datetime(),
        ports: z
          .array(
            z.object({
              port: z.string().meta({ description: "The name of the interface." }),
              number: z.int().exactOptional().meta({ description: "OpenFlow port number." }),
              type: z.string().meta({ description: "The type of the interface, such as `vxlan`." }),
              counts: z.record(z.string(), z.int()).meta({
                description:
                  "Counters of dropped and wrong frames that are not 0, by Open vSwitch's names.",
              }),
            }),
          )
          .readonly(),
      })
      .exactOptional()
      .meta({
        description: "Ports that have dropped frames, as read with the last audit; at most 100.",
      }),
    load: z
      .object({
        at: z.iso.datetime(),
        processors: z.int().meta({ description: "Of the machine." }),
        averages: z
          .array(z.number())
          .readonly()
          .meta({ description: "Load averages of 1, 5 and 15 minutes." }),
        vswitchd: z
          .object({
            memoryKib: z.int().meta({ description: "Resident memory." }),
            cpuMs: z.int().meta({
              description: "Processor time since its start, poll mode threads included.",
            }),
            upMs: z.int().meta({ description: "Time since its start." }),
          })
          .exactOptional(),
      })
      .exactOptional()
      .meta({
        description:
          "How busy the machine is, as read with the last audit. Absent: `other_config:enable-statistics` is not `true`.",
      }),
    reasons: z.array(z.string()).readonly().meta({
      description: "What in these settings endangers copies, each a sentence without a full stop.",
    }),
  })
  .meta({ id: "SwitchDatabase" });
export type SwitchDatabaseView = z.infer<typeof SwitchDatabaseView>;
