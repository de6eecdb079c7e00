// SPDX-License-Identifier: Apache-2.0
import { z } from "zod";

/** A setting in force. */
export const SettingView = z
  .object({
    name: z.string().meta({ description: "Its key in the config file." }),
    description: z.string().meta({ description: "Markdown clause." }),
    value: z.unknown().exactOptional().meta({
      description:
        "In the notation of the config file; files are named, not shown. Absent: it is not given, and no fixed value is its default.",
    }),
    isDefault: z.boolean(),
    otherwise: z.string().exactOptional().meta({
      description: "What holds where the setting is not given and no fixed value is its default.",
    }),
    unit: z.string().exactOptional(),
  })
  .meta({ id: "Setting" });
export type SettingView = z.infer<typeof SettingView>;

/** The settings of the server. */
export const SettingsView = z
  .object({
    items: z.array(SettingView).readonly().meta({
      description: "In the order of the documentation. They are read at the start.",
    }),
  })
  .meta({ id: "Settings" });
export type SettingsView = z.infer<typeof SettingsView>;
