// SPDX-License-Identifier: Apache-2.0
export { type CertificatePins, pinProblem } from "./certificate-pins.ts";
export * from "./listener.ts";
export type { ListenAddress } from "./listening-socket.ts";
export * from "./request-outcome.ts";
export * from "./session.ts";
export * from "./session-options.ts";
export * from "./statistics.ts";
