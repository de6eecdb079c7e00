// SPDX-License-Identifier: Apache-2.0
import { Controller } from "../controller.ts";
import { ControllerService } from "../controller-service.ts";
import type { PolicyHealthTracker } from "../health/policy-health-tracker.ts";
import type { ControllerOptions } from "./controller-options.ts";
import { type Core, createCore } from "./create-core.ts";
import { createDiscovery, type Discovery } from "./create-discovery.ts";
import { createEntrances, type Entrances } from "./create-entrances.ts";
import { createHealth } from "./create-health.ts";
import { createProgramming, type Programming } from "./create-programming.ts";
import { followNetwork } from "./follow-network.ts";
import { followStorage } from "./follow-storage.ts";

/** Every part of a controller. */
type ControllerParts = Core &
  Programming &
  Discovery &
  Entrances & { readonly health: PolicyHealthTracker };

/** A controller and what its clients may ask of it. */
export interface CreatedController {
  readonly controller: Controller;
  readonly service: ControllerService;
}

/** Builds a controller. Nothing is read, written or sent before `start`. */
export function createController(options: ControllerOptions): CreatedController {
  return fromParts(options, createParts(options));
}

/**
 * Builds the parts bottom up: each receives parts that are complete, and later parts subscribe to
 * earlier ones.
 */
export function createParts(options: ControllerOptions): ControllerParts {
  const core = createCore(options);
  const programming = createProgramming(options, core);
  const discovery = createDiscovery(options, core, programming.reconciler);
  followNetwork(core, discovery, programming);
  followStorage(core, discovery, programming);
  const health = createHealth(options, core, programming, discovery.packetOuts);
  const entrances = createEntrances(options, core, programming, {
    ...discovery,
    ...{ health, previews: programming.previews },
  });
  return { ...core, ...programming, ...discovery, ...entrances, health };
}

/** Joins parts to a controller. */
export function fromParts(options: ControllerOptions, parts: ControllerParts): CreatedController {
  const controller = new Controller(parts, options);
  const { version } = options;
  return {
    controller,
    service: new ControllerService({ ...parts, lifecycle: controller, version }),
  };
}
