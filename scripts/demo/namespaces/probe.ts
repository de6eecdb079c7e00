// SPDX-License-Identifier: Apache-2.0
import { LINK_PREFIX, NAMESPACE_PREFIX } from "../janitor.ts";
import { run } from "../run.ts";

/**
 * The reason why root cannot create network namespaces on this machine (a container without the
 * capabilities); undefined when it can. Leaves nothing behind.
 */
export async function namespaceProblem(signal: AbortSignal): Promise<string | undefined> {
  const namespace = `${NAMESPACE_PREFIX}probe`;
  const link = ["link", "add", `${LINK_PREFIX}probe`, "type", "veth", "peer", "name", "eth0"];
  try {
    await run("ip", ["netns", "add", namespace], { signal });
    await run("ip", [...link, "netns", namespace], { signal });
    return undefined;
  } catch (error) {
    signal.throwIfAborted();
    return error instanceof Error ? error.message : String(error);
  } finally {
    // The veth pair goes with its namespace.
    await run("ip", ["netns", "del", namespace], { signal }).catch(() => {});
  }
}
