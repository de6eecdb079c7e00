// SPDX-License-Identifier: Apache-2.0
import { type Layout, layoutOf, type Members } from "./field.ts";

/** One member of a struct, ready for either form of its codec. */
export interface PlannedMember {
  readonly name: string;
  readonly layout: Layout;
  /** Whether the value contains it. */
  readonly shown: boolean;
}

/** A struct declaration, validated and in order. */
export interface StructPlan {
  readonly members: readonly PlannedMember[];
  /** A constant discriminant of the value (`type: "output"`) and the index of the member after it. */
  readonly tag:
    | { readonly key: string; readonly value: string; readonly before: number }
    | undefined;
  /** Index of the last member of the fixed run that contains the struct's own length. */
  readonly narrowAfter: number | undefined;
  /** Name of the last member without fixed width: named in the error when the struct is too long. */
  readonly lastVariable: string;
}

/** Width in bytes of a layout; undefined if it varies. */
export function widthOf(layout: Layout): number | undefined {
  return "bytes" in layout ? layout.bytes : undefined;
}

const HIDDEN_KINDS = new Set(["pad", "constant", "selfLength", "lengthOf", "tagOf"]);
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Validates a declaration (a mistake in it is a bug) and computes its layout. */
export function planStruct(
  declaration: Members,
  tag?: { readonly key: string; readonly value: string; readonly before?: number },
): StructPlan {
  const members = Object.entries(declaration).map(([name, member]): PlannedMember => {
    if (!NAME.test(name)) throw new Error(`field name ${name} is not an identifier`);
    const layout = layoutOf(member);
    return { name, layout, shown: !HIDDEN_KINDS.has(layout.kind) };
  });
  const selfAt = members.findIndex(({ layout }) => layout.kind === "selfLength");
  let narrowAfter: number | undefined;
  if (selfAt >= 0) {
    narrowAfter = selfAt;
    while (fixed(members[narrowAfter + 1])) narrowAfter++;
  }
  const variable = members.filter(({ layout }) => widthOf(layout) === undefined);
  return {
    members,
    tag: tag === undefined ? undefined : { ...tag, before: tag.before ?? 0 },
    narrowAfter,
    lastVariable: variable.at(-1)?.name ?? "",
  };
}

function fixed(member: PlannedMember | undefined): boolean {
  return member !== undefined && widthOf(member.layout) !== undefined;
}
