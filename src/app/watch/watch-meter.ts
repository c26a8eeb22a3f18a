import type { Clock, ElementSource, StateStore } from '../../ports.ts';
import type { WebhookReport } from '../../sinks/webhook/dispatch/report.ts';
import type { WatchView } from './parts.ts';
import { measured } from '../metrics/measured-store.ts';
import { Meter } from '../metrics/meter.ts';
import { countDelivery, countedSource, watchReadings } from './watch-readings.ts';

/** Wraps the parts of a watch, so that they are measured. */
export interface WatchMeter {
  readonly meter: Meter;
  store(store: StateStore): StateStore;
  source(source: ElementSource): ElementSource;
  readonly noteWebhook: (report: WebhookReport) => void;
  /** Reads the watch at each scrape. */
  ask(view: () => WatchView, clock: Clock, isHistory: boolean): void;
}

/** A meter for one watch. Loaded only with `--http`. */
export function watchMeter(): WatchMeter {
  const meter = new Meter();
  return {
    meter,
    store: (store) => measured(store, meter),
    source: (source) => countedSource(source, meter),
    noteWebhook: (report) => countDelivery(report, meter),
    ask: (view, clock, isHistory) => meter.add(() => watchReadings(view(), clock, isHistory)),
  };
}
