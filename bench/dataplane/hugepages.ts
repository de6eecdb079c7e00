// SPDX-License-Identifier: Apache-2.0
import { readFileSync, writeFileSync } from "node:fs";

const PAGES = "/sys/kernel/mm/hugepages/hugepages-2048kB";
const PAGE_MEGABYTES = 2;

/** Huge pages that DPDK can use. */
export interface Hugepages {
  /** Gives back what was reserved. */
  release(): void;
}

/** Uses free huge pages, and reserves what is missing (root). Throws where there are too few. */
export function reserveHugepages(megabytes: number): Hugepages {
  const read = (name: string) => Number(readFileSync(`${PAGES}/${name}`, "utf8"));
  const write = (count: number) => writeFileSync(`${PAGES}/nr_hugepages`, String(count));
  const needed = megabytes / PAGE_MEGABYTES;
  const missing = needed - read("free_hugepages");
  if (missing <= 0) return { release: () => undefined };
  const before = read("nr_hugepages");
  const problem = `${needed} huge pages are needed: echo ${before + missing} > ${PAGES}/nr_hugepages`;
  try {
    write(before + missing);
  } catch (cause) {
    throw new Error(problem, { cause });
  }
  if (read("free_hugepages") >= needed) return { release: () => write(before) };
  write(before);
  throw new Error(`${problem} does not reserve them`);
}
