// SPDX-License-Identifier: Apache-2.0
/**
 * The first frames of a capture file, read in the browser: the file stays on the user's machine.
 *
 * @spec draft-ietf-opsawg-pcap, draft-ietf-opsawg-pcapng
 */
import { MOST_FRAMES } from "./hex-text.ts";
import { type CapturedFrame, PcapngReader, SECTION_HEADER } from "./pcapng.ts";

/** The frames of a file, or why there are none; `more`: the file has further ones. */
export type CaptureFrames =
  | { readonly type: "frames"; readonly frames: readonly CapturedFrame[]; readonly more: boolean }
  | { readonly type: "unreadable"; readonly why: string };

const LINK_TYPE_ETHERNET = 1;

/** First word of a pcap file in its own byte order, with microseconds or nanoseconds. */
const PCAP_MAGICS = [0xa1b2c3d4, 0xa1b23c4d];

const unreadable = (why: string): CaptureFrames => ({ type: "unreadable", why });

/** Whether bytes start as a capture file does. */
export function isCaptureFile(file: Uint8Array): boolean {
  if (file.length < 4) return false;
  const view = viewOf(file);
  const first = view.getUint32(0);
  return (
    first === SECTION_HEADER ||
    PCAP_MAGICS.some((magic) => magic === first || magic === view.getUint32(0, true))
  );
}

/** The first frames of a pcap or pcapng file; never throws, whatever the bytes. */
export function framesOfCapture(file: Uint8Array, most = MOST_FRAMES): CaptureFrames {
  if (!isCaptureFile(file)) return unreadable("This is no pcap or pcapng file.");
  const view = viewOf(file);
  const frames = view.getUint32(0) === SECTION_HEADER ? pcapng(view, most) : pcap(view, most);
  if (frames.type === "frames" && frames.frames.length === 0) {
    return unreadable("The file has no frame, or is cut off in its first one.");
  }
  return frames;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function slice(view: DataView, start: number, length: number): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset + start, length);
}

function pcap(view: DataView, most: number): CaptureFrames {
  if (view.byteLength < 24) return unreadable("The file is cut off in its header.");
  const little = PCAP_MAGICS.includes(view.getUint32(0, true));
  // The upper bits say whether frames have a check sequence.
  const linkType = view.getUint32(20, little) & 0x0fff_ffff;
  if (linkType !== LINK_TYPE_ETHERNET) return notEthernet(linkType);
  const frames: CapturedFrame[] = [];
  let at = 24;
  while (at + 16 <= view.byteLength) {
    const captured = view.getUint32(at + 8, little);
    const length = view.getUint32(at + 12, little);
    if (at + 16 + captured > view.byteLength) break;
    if (frames.length === most) return { type: "frames", frames, more: true };
    frames.push({ bytes: slice(view, at + 16, captured), length });
    at += 16 + captured;
  }
  return { type: "frames", frames, more: false };
}

function notEthernet(linkType: number | undefined): CaptureFrames {
  return unreadable(
    `The capture has no Ethernet headers (link type ${linkType ?? "unknown"}). Capture on an interface, not on “any”.`,
  );
}

function pcapng(view: DataView, most: number): CaptureFrames {
  const frames: CapturedFrame[] = [];
  let other: number | undefined;
  const file = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  for (const record of new PcapngReader().read(file)) {
    if (record.type !== "frame") continue;
    if (record.linkType !== LINK_TYPE_ETHERNET) {
      other ??= record.linkType;
      continue;
    }
    if (frames.length === most) return { type: "frames", frames, more: true };
    frames.push(record.frame);
  }
  if (frames.length === 0 && other !== undefined) return notEthernet(other);
  return { type: "frames", frames, more: false };
}
