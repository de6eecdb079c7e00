// SPDX-License-Identifier: Apache-2.0
import { defined } from "../lang/defined.ts";
import type { CertificateRecord } from "./auth-file.ts";
import type { ClientCertificate } from "./credentials.ts";
import type { Identity } from "./identity.ts";
import type { Moment } from "./moment.ts";

/** The client certificates that identify machines, by a name in them. */
export class CertificateRegistry {
  #records: ReadonlyMap<string, { readonly record: string; readonly identity: Identity }> =
    new Map();

  /** Replaces all. One that is unchanged keeps its identity. */
  replace(records: readonly CertificateRecord[]): void {
    const before = this.#records;
    this.#records = new Map(
      records.map((each) => {
        const { subject, user, role, project } = each;
        const record = JSON.stringify([user, role, project]);
        const old = before.get(subject);
        if (old?.record === record) return [subject, old];
        const id = `certificate:${subject}`;
        return [subject, { record, identity: { id, user, role, ...defined({ project }) } }];
      }),
    );
  }

  /** The identity of a certificate: that of the first of its names which is registered. */
  find({ subjects, validUntilMs }: ClientCertificate, { wallMs }: Moment): Identity | undefined {
    // TLS verifies it at the handshake; a connection may be open for longer.
    if (wallMs >= validUntilMs) return undefined;
    const subject = subjects.find((each) => this.#records.has(each));
    return subject === undefined ? undefined : this.#records.get(subject)?.identity;
  }

  /** Whether an identity is still registered, unchanged. */
  has(identity: Identity): boolean {
    const subject = identity.id.slice("certificate:".length);
    return this.#records.get(subject)?.identity === identity;
  }
}
