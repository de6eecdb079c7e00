// SPDX-License-Identifier: Apache-2.0
/** CRC-32C (Castagnoli), as LevelDB uses it; zlib has only CRC-32. */
function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  // By index: iterating costs ten times as much, and whole databases pass here.
  for (let at = 0; at < bytes.length; at++) {
    crc = (TABLE[(crc ^ (bytes[at] ?? 0)) & 0xff] ?? 0) ^ (crc >>> 8);
  }
  return (crc ^ 0xffffffff) >>> 0;
}

/** The checksum as LevelDB stores it: masked, because a CRC over data that contains CRCs is weak. */
export function maskedCrc32c(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

const TABLE = Int32Array.from({ length: 256 }, (_, index) => {
  let crc = index;
  for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
  return crc;
});
