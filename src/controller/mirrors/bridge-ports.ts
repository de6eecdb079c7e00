// SPDX-License-Identifier: Apache-2.0
import { INTERFACE, PORT, type Replica, type RowOf } from "../../ovsdb/index.ts";
import type { PortNo } from "../../topology/index.ts";

/** A port as the database of its switch has it. */
export interface DatabasePort {
  readonly uuid: string;
  readonly name: string;
  /** Its OpenFlow port number; undefined: it has none yet, or it is a bond of several. */
  readonly number: PortNo | undefined;
  readonly isBond: boolean;
  /** The VLANs that it carries; undefined: all. */
  readonly vlans: ReadonlySet<number> | undefined;
  /** Bytes of its frames without their Ethernet headers, at most; undefined: not known. */
  readonly mtu: number | undefined;
}

/** The ports of a bridge. */
export class BridgePorts {
  readonly #all: readonly DatabasePort[];
  readonly #byNumber = new Map<number, DatabasePort>();

  constructor(replica: Replica, ports: Iterable<string>) {
    const all: DatabasePort[] = [];
    for (const uuid of ports) {
      const row = replica.row(PORT, uuid);
      if (row === undefined) continue;
      const faces = [...row.interfaces].map((each) => replica.row(INTERFACE, each));
      const numbers = faces.map((face) => face?.ofport ?? -1);
      const [first = -1] = numbers;
      const isBond = numbers.length > 1;
      const number = isBond || first <= 0 ? undefined : (first as PortNo);
      const port = {
        uuid,
        name: row.name,
        number,
        isBond,
        vlans: vlansOf(row),
        mtu: greatest(faces),
      };
      all.push(port);
      for (const each of numbers) if (each > 0) this.#byNumber.set(each, port);
    }
    this.#all = all;
  }

  numbered(number: PortNo): DatabasePort | undefined {
    return this.#byNumber.get(number);
  }

  /** The ports that carry a VLAN, those of all VLANs included. */
  carrying(vlan: number): readonly DatabasePort[] {
    return this.#all.filter(({ vlans }) => vlans?.has(vlan) ?? true);
  }

  /** The ports with a name of a pattern, in which `*` stands for any characters. */
  named(pattern: string): readonly DatabasePort[] {
    return this.#all.filter(({ name }) => matchesPattern(name, pattern));
  }
}

function greatest(faces: readonly ({ readonly mtu: number | undefined } | undefined)[]) {
  const known = faces.flatMap((face) => face?.mtu ?? []);
  return known.length === 0 ? undefined : Math.max(...known);
}

/** @spec ovs-vswitchd.conf.db(5), table Port, VLAN Configuration */
function vlansOf({ vlanMode, tag, trunks }: RowOf<typeof PORT>): ReadonlySet<number> | undefined {
  const own = tag === undefined ? [] : [tag];
  const mode = vlanMode ?? (tag === undefined ? "trunk" : "access");
  // The outer tag of a tunnel of tags is that of an access port.
  if (mode === "access" || mode === "dot1q-tunnel") return new Set(own);
  return trunks.size === 0 ? undefined : new Set([...trunks, ...own]);
}

/** Whether a text has the form of a pattern, in which `*` stands for any characters. */
export function matchesPattern(text: string, pattern: string): boolean {
  let [at, from] = [0, 0];
  /** After the last `*`: where the pattern, and the text, are tried again. */
  let [again, tried] = [-1, 0];
  while (at < text.length) {
    if (pattern[from] === "*") {
      from++;
      [again, tried] = [from, at];
    } else if (pattern[from] === text[at]) {
      at++;
      from++;
    } else if (again >= 0) {
      tried++;
      [at, from] = [tried, again];
    } else return false;
  }
  while (pattern[from] === "*") from++;
  return from === pattern.length;
}
