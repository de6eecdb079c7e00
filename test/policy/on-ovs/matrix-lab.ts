// SPDX-License-Identifier: Apache-2.0
import { OvsLab } from "../../lab/index.ts";
import { PROFILES } from "../matrix-cases.ts";
import { MatrixNetwork } from "./matrix-network.ts";

/** A lab with one network for each forwarding profile, whose switches parse VLAN tags as a limit says. */
export interface MatrixLab {
  readonly lab: OvsLab;
  readonly networks: readonly MatrixNetwork[];
}

/** Starts it; the caller stops the lab. */
export async function startMatrixLab(vlanLimit: number): Promise<MatrixLab> {
  const lab = await OvsLab.start();
  try {
    await lab.vsctl("set", "Open_vSwitch", ".", `other_config:vlan-limit=${vlanLimit}`);
    // What a switch answers when it is asked how many tags it parses; 0: as many as it can.
    const parsedTags = vlanLimit === 1 ? 1 : 2;
    const networks = PROFILES.map(
      (profile, index) => new MatrixNetwork("pnt"[index] ?? "", profile, parsedTags),
    );
    await lab.build({ switches: networks.flatMap(({ switches }) => switches) });
    for (const network of networks) await network.prepare(lab);
    return { lab, networks };
  } catch (cause) {
    await lab.stop();
    throw cause;
  }
}
