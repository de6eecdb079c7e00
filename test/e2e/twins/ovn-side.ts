// SPDX-License-Identifier: Apache-2.0
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { ovsEnvironment } from "../../lab/daemons.ts";
import { OvnHypervisor } from "../../lab/ovn/hypervisor.ts";
import { OvnLab } from "../../lab/ovn/ovn-lab.ts";
import { hostAddresses } from "../hosts.ts";

const exec = promisify(execFile);

export const a1 = hostAddresses(1);
export const a2 = hostAddresses(2);
/** On the other side of the router. */
export const c1 = { ...hostAddresses(5), ip: "10.2.2.5" };
export const router = { mac: "fa:00:00:00:00:fe", ip: "10.1.1.254", ip6: "fd00::fe" };
/** Of the router in the network of c1. */
export const beyond = { mac: "fa:00:00:00:00:fd", ip: "10.2.2.254", ip6: "fd01::fe" };
/** Addresses that no host has: of a load balancer, and a floating one. */
export const [SERVICE, FLOATING] = ["10.1.1.100", "10.2.2.100"];
export const PORTS = ["a1", "a2", "c1"] as const;
export type PortName = (typeof PORTS)[number];

/** An OVN with two networks and a router; the frames are those of its first hypervisor. */
export class OvnSide {
  readonly lab: OvnLab;
  readonly hypervisor: OvnHypervisor;
  /** The second one, to which ports move. */
  readonly #other: OvnHypervisor;

  private constructor(lab: OvnLab, hypervisor: OvnHypervisor, other: OvnHypervisor) {
    this.lab = lab;
    this.hypervisor = hypervisor;
    this.#other = other;
  }

  static async start(): Promise<OvnSide> {
    const lab = await OvnLab.start();
    const hypervisor = await OvnHypervisor.open(lab, "hv1");
    const side = new OvnSide(lab, hypervisor, await OvnHypervisor.open(lab, "hv2"));
    await side.#build();
    return side;
  }

  async #build(): Promise<void> {
    const { lab, hypervisor } = this;
    // A gateway router: it translates addresses where it is.
    await lab.nbctl(
      ...["ls-add", "net", "--", "ls-add", "other", "--", "lr-add", "r"],
      ...["--", "set", "logical_router", "r", "options:chassis=hv1"],
      ...["--", "lrp-add", "r", "r-net", router.mac, `${router.ip}/24`],
      ...["--", "lrp-add", "r", "r-other", beyond.mac, `${beyond.ip}/24`],
      ...["--", "lsp-add", "net", "net-r", "--", "lsp-set-type", "net-r", "router"],
      ...["--", "lsp-set-options", "net-r", "router-port=r-net"],
      ...["--", "lsp-set-addresses", "net-r", "router"],
      ...["--", "lsp-add", "other", "other-r", "--", "lsp-set-type", "other-r", "router"],
      ...["--", "lsp-set-options", "other-r", "router-port=r-other"],
      ...["--", "lsp-set-addresses", "other-r", "router"],
    );
    for (const [name, network, { mac, ip }] of [
      ["a1", "net", a1],
      ["a2", "net", a2],
      ["c1", "other", c1],
    ] as const) {
      await lab.nbctl(
        ...["lsp-add", network, name, "--", "lsp-set-addresses", name, `${mac} ${ip}`],
        ...["--", "lsp-set-port-security", name, `${mac} ${ip}`],
      );
      await hypervisor.addPort(name, name);
      await this.#other.addPort(`${name}-there`);
    }
    // OVN knows nothing of the ports of the monitors.
    for (const name of ["probe", "probe2"]) await hypervisor.addPort(name);
    await this.synced();
  }

  /** Waits until the hypervisors have what OVN's databases say. */
  async synced(): Promise<void> {
    await this.lab.nbctl("--wait=hv", "sync");
  }

  /** Binds the logical port of a host on the first hypervisor, or on the second. */
  async bind(port: PortName, isHere: boolean): Promise<void> {
    const [from, to] = isHere ? ["hv2", "hv1"] : ["hv1", "hv2"];
    const name = (hypervisor: string) => (hypervisor === "hv1" ? port : `${port}-there`);
    await this.lab.vsctl(from, "remove", "interface", name(from), "external_ids", "iface-id");
    await this.lab.vsctl(to, "set", "interface", name(to), `external_ids:iface-id=${port}`);
  }

  /** Has northd, or the controllers of the hypervisors, compute everything anew. */
  async recompute(what: "northd" | "controllers"): Promise<void> {
    const { directory } = this.lab;
    if (what === "northd") {
      await this.#appctl(join(directory, "central", "northd.ctl"), "inc-engine/recompute");
      return;
    }
    for (const hypervisor of ["hv1", "hv2"]) {
      const home = join(directory, hypervisor);
      const pid = readFileSync(join(home, "ovn-controller.pid"), "utf8").trim();
      await this.#appctl(join(home, `ovn-controller.${pid}.ctl`), "recompute");
    }
  }

  async #appctl(socket: string, command: string): Promise<void> {
    const env = ovsEnvironment(this.lab.directory);
    await exec("ovs-appctl", ["-t", socket, "--timeout=30", command], { env });
  }

  /** What leaves by each port, the monitors included, after frames of a port. */
  async delivered(from: PortName, frames: readonly Uint8Array[]): Promise<Delivered> {
    this.hypervisor.taken();
    await this.hypervisor.inject(from, frames);
    return this.hypervisor.taken();
  }

  async stop(): Promise<void> {
    this.hypervisor.close();
    this.#other.close();
    await this.lab.stop();
  }
}

/** Frames in hexadecimal digits, by the port that they leave by. */
export type Delivered = Readonly<Record<string, readonly string[]>>;
