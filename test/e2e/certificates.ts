// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Paths of a key and its certificate, both PEM. */
export interface Certified {
  readonly key: string;
  readonly cert: string;
  /** SHA-256, as `openssl x509 -fingerprint` prints it. */
  readonly fingerprint: string;
}

/** A certificate authority, created by `openssl` in a directory. */
export class Authority implements Certified {
  readonly #directory: string;
  readonly #name: string;
  readonly key: string;
  readonly cert: string;

  constructor(directory: string, name: string) {
    this.#directory = directory;
    this.#name = name;
    this.key = join(directory, `${name}.key`);
    this.cert = join(directory, `${name}.pem`);
    openssl(["req", "-x509", "-days", "2", ...newKey(this.key, name), "-out", this.cert]);
  }

  get fingerprint(): string {
    return fingerprintOf(this.cert);
  }

  /**
   * Creates a key with a certificate signed by this authority. `names`: further ones, such as `DNS:a.example.org`;
   * `days`: until it ends; it has ended where they are negative.
   */
  issue(name: string, names: readonly string[] = [], days = 2): Certified {
    const file = (end: string) => join(this.#directory, `${this.#name}-${name}.${end}`);
    const [key, request, cert] = [file("key"), file("csr"), file("pem")];
    openssl(["req", ...newKey(key, name), "-out", request]);
    const signed = ["-CA", this.cert, "-CAkey", this.key, "-CAcreateserial", "-days", `${days}`];
    const extensions = file("ext");
    writeFileSync(extensions, names.length > 0 ? `subjectAltName = ${names.join(",")}\n` : "");
    openssl(["x509", "-req", "-in", request, ...signed, "-extfile", extensions, "-out", cert]);
    return { key, cert, fingerprint: fingerprintOf(cert) };
  }
}

/** Writes a file that is not PEM. */
export function brokenPem(directory: string): string {
  const path = join(directory, "broken.pem");
  writeFileSync(path, "not PEM\n");
  return path;
}

/** Writes a file with a valid certificate followed by an invalid one. */
export function brokenChain(directory: string, { cert }: Certified): string {
  const path = join(directory, "broken-chain.pem");
  const [begin, end] = ["BEGIN", "END"].map((word) => `-----${word} CERTIFICATE-----\n`);
  writeFileSync(path, `${readFileSync(cert, "utf8")}${begin}MIIBroken\n${end}`);
  return path;
}

function newKey(key: string, name: string): string[] {
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"];
  return [...curve, "-nodes", "-keyout", key, "-subj", `/CN=${name}`];
}

function openssl(args: readonly string[]): void {
  execFileSync("openssl", args, { stdio: ["ignore", "ignore", "pipe"] });
}

function fingerprintOf(cert: string): string {
  return new X509Certificate(readFileSync(cert)).fingerprint256;
}
