import type { Clock, ElementSource } from '../../ports.ts';
import type { WebhookReport } from '../../sinks/webhook/dispatch/report.ts';
import type { WatchView } from './parts.ts';
import type { Meter, Reading } from '../metrics/meter.ts';

/** Readings of a watch: its feed and its engine. */
export function watchReadings({ engine, feed }: WatchView, clock: Clock, isHistory: boolean): readonly Reading[] {
  const readings: Reading[] = [['unroutable_leader', engine === undefined ? 0 : 1]];
  if (engine?.now !== undefined) {
    readings.push(['unroutable_event_timestamp_seconds', engine.now / 1000]);
    readings.push(['unroutable_event_lag_seconds', (clock.wallMs() - engine.now) / 1000]);
  }
  const open = new Map<string, number>();
  for (const { reason } of engine?.openGaps() ?? []) open.set(reason, (open.get(reason) ?? 0) + 1);
  for (const [reason, count] of open) readings.push(['unroutable_open_gaps', count, { reason }]);
  if (feed === undefined) return readings;
  const { lines, collectorAges, messages, held, lagMs, routesLeftOut, odd } = feed.live.stats();
  readings.push(
    ...lines.map(({ name, state }): Reading => [
      'unroutable_feed_connected',
      state === 'subscribed' ? 1 : 0,
      { connection: name },
    ]),
    ['unroutable_feed_messages_total', messages],
    ['unroutable_feed_held_messages', held],
    ['unroutable_feed_routes_left_out_total', routesLeftOut],
    ...[...collectorAges].map(([collector, ms]): Reading => [
      'unroutable_feed_silence_seconds',
      ms / 1000,
      { collector },
    ]),
    ...Object.entries(odd).map(([reason, count]): Reading => ['unroutable_feed_rejects_total', count, { reason }]),
  );
  // For a recording, lag would only show its age.
  if (lagMs !== undefined && !isHistory) readings.push(['unroutable_feed_lag_seconds', lagMs / 1000]);
  return readings;
}

/** The same source, with its elements and gaps counted. */
export function countedSource(source: ElementSource, meter: Meter): ElementSource {
  return {
    name: source.name,
    async *elements(signal) {
      for await (const element of source.elements(signal)) {
        meter.count('unroutable_elements_total', { type: element.type });
        if (element.type === 'gap') meter.count('unroutable_gaps_total', { reason: element.reason });
        yield element;
      }
    },
  };
}

/** Counts the attempts of webhooks by their outcome. */
export function countDelivery(report: WebhookReport, meter: Meter): void {
  if (report.type !== 'attempt') return;
  const { ok, dead } = report.attempt;
  const outcome = ok ? 'delivered' : dead === true ? 'given-up' : 'failed';
  meter.count('unroutable_webhook_deliveries_total', { webhook: report.endpoint, outcome });
}
