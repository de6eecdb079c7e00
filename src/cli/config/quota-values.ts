// SPDX-License-Identifier: Apache-2.0
import { z } from "zod";
import type { ProjectQuotas } from "../../contract/projects/quotas.ts";
import { schemaType, type ValueType, wrong } from "./value-type.ts";

const EXAMPLE = '{ "default": { "policies": 50, "rules": 500, "kbps": 100000 } }';

const quota = z.strictObject({
  policies: z.int().min(0).max(1_000_000).exactOptional(),
  monitors: z.int().min(0).max(1_000_000).exactOptional(),
  rules: z.int().min(0).max(1_000_000).exactOptional(),
  kbps: z.int().min(1).max(1_000_000_000).exactOptional(),
  requestsPerSecond: z.number().min(0.1).max(100_000).exactOptional(),
});

/** The quotas of projects, by their names. */
export const projectQuotas: ValueType<ProjectQuotas> = schemaType(
  `\`${EXAMPLE}\``,
  z.record(z.string().min(1).max(64), quota),
  (value) => wrong(value, "an object with the quotas of projects", `write it like ${EXAMPLE}`),
);
