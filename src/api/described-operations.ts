// SPDX-License-Identifier: Apache-2.0
type Json = Readonly<Record<string, unknown>>;

/** The parts of an OpenAPI document that are extended once all routes are described. */
export interface DescribedDocument {
  readonly paths?: unknown;
  readonly components?: unknown;
}

interface DescribedOperation extends Json {
  readonly responses?: Json;
}

/** The paths of an OpenAPI document, with each operation replaced. `method` is lower-case. */
export function mapOperations(
  { paths }: DescribedDocument,
  map: (operation: DescribedOperation, method: string, path: string) => DescribedOperation,
): Json {
  return mapValues(paths as Json, (operations, path) =>
    mapValues(operations as Readonly<Record<string, DescribedOperation>>, (operation, method) =>
      map(operation, method, path),
    ),
  );
}

function mapValues<T>(
  record: Readonly<Record<string, T>>,
  map: (value: T, key: string) => unknown,
): Json {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value, key)]));
}
