// SPDX-License-Identifier: Apache-2.0
/** Returns a function that makes a value when it is first called in a turn of the event loop, and returns it until that ends. */
export function perTurn<T>(make: () => T): () => T {
  let ofTurn: { readonly value: T } | undefined;
  return () => {
    if (ofTurn === undefined) {
      setImmediate(() => {
        ofTurn = undefined;
      });
      ofTurn = { value: make() };
    }
    return ofTurn.value;
  };
}
