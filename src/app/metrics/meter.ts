import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from '@prometheus-io/client';
import { CATALOGUE, type MetricInfo, type MetricName } from './catalogue.ts';

/** Values of the labels of one series. */
export type Labels = Readonly<Record<string, string>>;

/** The present value of one series. */
export type Reading = readonly [name: MetricName, value: number, labels?: Labels];

/** Returns readings at each call. Readings that are not available now are left out. */
export type Source = () => Promise<readonly Reading[]> | readonly Reading[];

/** Buckets of a histogram, seconds: a store answers in a millisecond or two, and its deadlines are seconds. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Metrics of the library whose names `promtool check metrics` refuses. */
const ODD = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
  'nodejs_eventloop_utilization_histogram',
  'nodejs_eventloop_utilization_summary',
];

/** Counts events, asks sources for present values, and writes both in the text format of Prometheus. */
export class Meter {
  readonly #registry = new Registry();
  readonly #counters = new Map<MetricName, Counter<string>>();
  readonly #gauges = new Map<MetricName, Gauge<string>>();
  readonly #histograms = new Map<MetricName, Histogram<string>>();
  readonly #sources: Source[] = [];
  #scraping: Promise<string> | undefined;

  constructor() {
    collectDefaultMetrics({ register: this.#registry });
    for (const name of ODD) this.#registry.removeSingleMetric(name);
    for (const [name, { type, help, labels }] of Object.entries(CATALOGUE) as [MetricName, MetricInfo][]) {
      const wanted = { name, help, labelNames: [...labels], registers: [this.#registry] };
      if (type === 'counter') this.#counters.set(name, new Counter(wanted));
      else if (type === 'gauge') this.#gauges.set(name, new Gauge(wanted));
      else this.#histograms.set(name, new Histogram({ ...wanted, buckets: BUCKETS }));
    }
  }

  /** MIME type of what `text` gives. */
  get contentType(): string {
    return this.#registry.contentType;
  }

  /** Counts an event. */
  count(name: MetricName, labels: Labels = {}, by = 1): void {
    this.#counters.get(name)?.inc(labels, by);
  }

  /** Records a duration, in seconds. */
  observe(name: MetricName, labels: Labels, seconds: number): void {
    this.#histograms.get(name)?.observe(labels, seconds);
  }

  /** Asks this source at each scrape. */
  add(source: Source): void {
    this.#sources.push(source);
  }

  /** All metrics in the text format. Concurrent calls get the same text. */
  text(): Promise<string> {
    return (this.#scraping ??= this.#scrape().finally(() => (this.#scraping = undefined)));
  }

  async #scrape(): Promise<string> {
    const read = await Promise.all(
      this.#sources.map(async (source) => {
        try {
          return await source();
        } catch {
          return [];
        }
      }),
    );
    // Series that no longer exist must not keep their last value.
    for (const [name, gauge] of this.#gauges) {
      gauge.reset();
      // Without labels the library resets to 0, which would look like a reading.
      if (CATALOGUE[name].labels.length === 0) gauge.remove();
    }
    const totals = new Set<MetricName>();
    for (const [name, value, labels = {}] of read.flat()) {
      this.#gauges.get(name)?.set(labels, value);
      const counter = this.#counters.get(name);
      if (counter === undefined) continue;
      // A counter whose total is counted elsewhere.
      if (!totals.has(name)) counter.reset();
      totals.add(name);
      counter.inc(labels, value);
    }
    return this.#registry.metrics();
  }
}
