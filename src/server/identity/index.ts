// SPDX-License-Identifier: Apache-2.0
import type { Logger } from "pino";
import type { SourceFactories } from "../../access/identity-source.ts";
import { KeystoneSource } from "./keystone-source.ts";
import { OidcSource } from "./oidc-source.ts";

/** The identity services that the auth file may name, as clients of them. */
export function sourceFactories(logger: Pick<Logger, "debug" | "warn">): SourceFactories {
  return {
    oidc: (service) => new OidcSource(service, logger),
    keystone: (service) => new KeystoneSource(service, logger),
  };
}
