import type { FlowSpec } from "../../flow-model/index.ts";

/** Why an entry is not tried again. */
export interface SwitchError {
  /** What was wanted when it was refused. */
  readonly spec: FlowSpec | undefined;
  /** It was the removal of what is there that was refused. */
  readonly deletion: boolean;
  /** The OpenFlow error in words. */
  readonly reason: string;
  /** Content of the group that was refused, when it was not the flow entry itself. */
  readonly group?: string;
  /** Identity of the meter that was refused. */
  readonly meter?: string;
}
