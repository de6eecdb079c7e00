// SPDX-License-Identifier: Apache-2.0

export type { ListenAddress } from "../transport/listening-socket.ts";
export { type CertificatePins, pinProblem } from "./certificate-pins.ts";
export * from "./listener.ts";
export * from "./request-outcome.ts";
export * from "./session.ts";
export * from "./session-options.ts";
export * from "./statistics.ts";
