/** A group or meter that an entry cannot have, and so the entry cannot be. */
export interface RefusedPart {
  /** Why, in words. */
  readonly refused: string;
  /** Content of the group. */
  readonly group?: string;
  /** Identity of the meter. */
  readonly meter?: string;
}

export function isRefused<T extends object | number>(part: T | RefusedPart): part is RefusedPart {
  return typeof part === "object" && "refused" in part;
}
