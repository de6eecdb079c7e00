// SPDX-License-Identifier: Apache-2.0
import { concatBytes } from "../bytes.ts";
import { BlockType, BYTE_ORDER_MAGIC, ETHERNET, MICROSECONDS, OptionCode } from "./format.ts";

/** A frame as it is written. */
export interface CapturedFrame {
  /** Microseconds since 1970. */
  readonly at: bigint;
  /** As many of its bytes as are captured. */
  readonly bytes: Uint8Array;
  /** Its length. */
  readonly length: number;
}

/** What an interface has captured. */
export interface CaptureStatistics {
  /** Microseconds since 1970. */
  readonly from: bigint;
  readonly to: bigint;
  readonly received: number;
  /** Of these, the frames that are not in the file. */
  readonly dropped: number;
}

/**
 * The beginning of a capture file with one Ethernet interface; times are in microseconds.
 * @spec draft-ietf-opsawg-pcapng §4.1, §4.2
 */
export function pcapngHeader(
  application: string,
  { name, snapLength }: { readonly name: string; readonly snapLength: number },
): Uint8Array {
  const section = block(
    BlockType.section,
    concatBytes(
      u32(BYTE_ORDER_MAGIC),
      ...[u16(1), u16(0)],
      // The length of the section is not known.
      u64(0xffff_ffff_ffff_ffffn),
      options([OptionCode.application, utf8(application)]),
    ),
  );
  const capturing = block(
    BlockType.interface,
    concatBytes(
      ...[u16(ETHERNET), u16(0), u32(snapLength)],
      options(
        [OptionCode.interfaceName, utf8(name)],
        [OptionCode.timeResolution, Uint8Array.of(MICROSECONDS)],
      ),
    ),
  );
  return concatBytes(section, capturing);
}

/** A frame of the interface. @spec draft-ietf-opsawg-pcapng §4.3 */
export function pcapngFrame({ at, bytes, length }: CapturedFrame): Uint8Array {
  return block(
    BlockType.packet,
    concatBytes(...[u32(0), time(at), u32(bytes.length), u32(length)], padded(bytes)),
  );
}

/** The statistics of the interface. @spec draft-ietf-opsawg-pcapng §4.6 */
export function pcapngStatistics({ from, to, received, dropped }: CaptureStatistics): Uint8Array {
  return block(
    BlockType.statistics,
    concatBytes(
      ...[u32(0), time(to)],
      options(
        [OptionCode.startTime, time(from)],
        [OptionCode.endTime, time(to)],
        [OptionCode.received, u64(BigInt(received))],
        [OptionCode.dropped, u64(BigInt(dropped))],
      ),
    ),
  );
}

function block(type: number, body: Uint8Array): Uint8Array {
  const length = u32(body.length + 12);
  return concatBytes(u32(type), length, body, length);
}

function options(...all: readonly (readonly [code: number, value: Uint8Array])[]): Uint8Array {
  const written = all.map(([code, value]) =>
    concatBytes(u16(code), u16(value.length), padded(value)),
  );
  return concatBytes(...written, u16(OptionCode.end), u16(0));
}

/** A value at a multiple of four bytes. */
function padded(value: Uint8Array): Uint8Array {
  return concatBytes(value, new Uint8Array(-value.length & 3));
}

/** The upper half comes first, whatever the order of bytes. */
function time(microseconds: bigint): Uint8Array {
  return concatBytes(u32(Number(microseconds >> 32n)), u32(Number(microseconds & 0xffff_ffffn)));
}

function u16(value: number): Uint8Array {
  return Uint8Array.of(value & 0xff, value >> 8);
}

function u32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}

function u64(value: bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, value, true);
  return bytes;
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
