// SPDX-License-Identifier: Apache-2.0
import { z } from "zod";

/** A JSON object as a client wrote it, not yet checked. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** A datapath id as text. */
export const Dpid = z.string().meta({
  description: "Datapath id: 16 hex digits.",
  pattern: "^[0-9a-f]{16}$",
  example: "0000000000000001",
});

/** A MAC address as text. */
export const MacText = z.string().meta({
  pattern: "^([0-9a-f]{2}:){5}[0-9a-f]{2}$",
  example: "fa:00:00:00:00:01",
});

/** An OpenFlow port number. */
export const PortNumber = z.int().meta({ description: "OpenFlow port number." });
