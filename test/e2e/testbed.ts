// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { OvsLab } from "../lab/index.ts";
import { seedProbeKey } from "./discovery/own-probes.ts";
import { type ServeArguments, VtapProcess } from "./vtap-process.ts";

/** Files that the controller is started with; text is written as it is. */
interface TestbedPlan {
  readonly config?: object;
  readonly topology?: object | string;
  readonly policies?: object | string;
  /** Whether an Open vSwitch lab is started, too. */
  readonly lab?: boolean;
}

/**
 * The controller in a directory of its own, beside a lab of Open vSwitch whose switches the test builds.
 * `Scenario` builds both from one plan; this is for what it does not cover.
 */
export class Testbed {
  readonly directory: string;
  readonly #lab: OvsLab | undefined;
  #vtap: VtapProcess;

  private constructor(directory: string, lab: OvsLab | undefined, vtap: VtapProcess) {
    this.directory = directory;
    this.#lab = lab;
    this.#vtap = vtap;
  }

  static async start({ lab: hasLab = true, ...files }: TestbedPlan = {}): Promise<Testbed> {
    const directory = await mkdtemp(join(tmpdir(), "vtap-testbed-"));
    const lab = hasLab ? await OvsLab.start() : undefined;
    try {
      const data = join(directory, "data");
      await seedProbeKey(data);
      const vtap = await VtapProcess.start({ data, ...(await writeFiles(directory, files)) });
      return new Testbed(directory, lab, vtap);
    } catch (cause) {
      await lab?.stop();
      await rm(directory, { recursive: true, force: true });
      throw cause;
    }
  }

  get lab(): OvsLab {
    if (!this.#lab) throw new Error("this testbed has no lab");
    return this.#lab;
  }

  /** The running controller: another one after `restart`. */
  get vtap(): VtapProcess {
    return this.#vtap;
  }

  /** `kill -9`, then the same command, with the same ports unless `change` says otherwise. */
  async restart(change: Partial<ServeArguments> = {}): Promise<VtapProcess> {
    this.#vtap = await this.#vtap.killAndRestart(change);
    return this.#vtap;
  }

  async stop(): Promise<void> {
    await this.#vtap.stop();
    await this.#lab?.stop();
    await rm(this.directory, { recursive: true, force: true });
  }
}

/** The arguments that name the files. */
async function writeFiles(
  directory: string,
  { config = {}, topology, policies }: TestbedPlan,
): Promise<Partial<ServeArguments>> {
  const write = async (name: string, content: object | string) => {
    const path = join(directory, name);
    await writeFile(path, typeof content === "string" ? content : JSON.stringify(content));
    return path;
  };
  return {
    more: ["--config", await write("config.json", config)],
    ...(topology ? { topology: [await write("topology.json", topology)] } : {}),
    ...(policies ? { policies: [await write("policies.json", policies)] } : {}),
  };
}
