// SPDX-License-Identifier: Apache-2.0
import { attempt } from "../test/openflow/attempt.ts";
import { bombs, mutate, Random } from "../test/openflow/mutations.ts";
import { BY_HAND } from "../test/openflow/vectors/by-hand.ts";
import { foreignVectors, fromHex, toHex } from "../test/openflow/vectors/vector.ts";

const CORPUS_LIMIT_BYTES = 2048;

function corpus(): Uint8Array[] {
  const hex = [...BY_HAND, ...foreignVectors("os-ken.json"), ...foreignVectors("ovs.json")];
  return hex
    .map((vector) => fromHex(vector.hex))
    .filter(({ length }) => length < CORPUS_LIMIT_BYTES);
}

/** `npm run bench -- fuzz [COUNT] [SEED]`: damaged messages through the codec; 5 million by default. */
export async function run(args: string[]): Promise<void> {
  const count = Number(args[0] ?? 5_000_000);
  const seed = Number(args[1] ?? 1);
  if (!Number.isSafeInteger(count) || !Number.isSafeInteger(seed)) {
    throw new Error("usage: npm run bench -- fuzz [COUNT] [SEED]");
  }
  const random = new Random(seed);
  const messages = corpus();
  for (const bomb of bombs()) attempt(bomb);
  const began = performance.now();
  let decoded = 0;
  for (let n = 0; n < count; n++) {
    const bytes = mutate(messages, random);
    try {
      if (attempt(bytes)) decoded++;
    } catch (error) {
      console.error(`seed ${seed}, message ${n}: ${toHex(bytes)}`);
      throw error;
    }
  }
  const seconds = (performance.now() - began) / 1000;
  console.log(`${count} damaged messages (seed ${seed}) in ${seconds.toFixed(1)} s`);
  console.log(
    `${decoded} decoded and encoded stably, ${count - decoded} gave a DecodeError, none another error`,
  );
}
