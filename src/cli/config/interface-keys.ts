// SPDX-License-Identifier: Apache-2.0
import { z } from "zod";
import { schemaType, type ValueType, wrong } from "./value-type.ts";

/** Keys of `external_ids`, or templates such as `{namespace}/{pod}`; the first that is there counts. */
const keys = z.array(z.string().min(1).max(256)).max(32).readonly().exactOptional();

const interfaceKeys = z.strictObject({
  iface: keys,
  mac: keys,
  workload: keys,
  project: keys,
  ips: keys,
});

/** Which keys of interfaces say what of them; what is absent is as usual. */
type InterfaceKeys = z.output<typeof interfaceKeys>;

export const databaseHosts: ValueType<boolean | InterfaceKeys> = schemaType(
  "`true`, `false` or `{ iface, mac, workload, project, ips }`, each a list of keys",
  z.union([z.boolean(), interfaceKeys]),
  (value) =>
    wrong(
      value,
      "true, false or an object of lists of keys",
      'write true, or { "iface": […], "mac": […], "workload": […], "project": […], "ips": […] }, each optional',
    ),
);
