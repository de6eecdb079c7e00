// SPDX-License-Identifier: Apache-2.0
export function PolicyDetail({ id }: { readonly id: string }) {
  return <h1>{id}</h1>;
}
