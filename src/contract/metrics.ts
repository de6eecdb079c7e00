// SPDX-License-Identifier: Apache-2.0
/** A metric in Prometheus terms. */
export interface MetricInfo {
  /** Without the prefix (`openvtap_` or `process_`). */
  readonly name: string;
  readonly help: string;
  readonly type: "gauge" | "counter";
  /** Of every sample; absent for states and for numbers of things. */
  readonly unit?: "bytes" | "packets" | "seconds";
  /** Names of the labels of every sample. */
  readonly labels?: readonly string[];
}

export interface MetricSample {
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A metric with its samples. */
export interface Metric extends MetricInfo {
  readonly samples: Iterable<MetricSample>;
}

/** A row of a metric table: what the metric is, and how it is read. */
export interface MetricRow<Source> extends MetricInfo {
  readonly read: (source: Source) => Iterable<MetricSample>;
}

/** Reads one row. */
export function readMetric<Source>({ read, ...info }: MetricRow<Source>, source: Source): Metric {
  return { ...info, samples: read(source) };
}

/** What the API requires of the controller for metrics. */
export interface MetricsService {
  metrics(): Promise<readonly Metric[]>;
}
