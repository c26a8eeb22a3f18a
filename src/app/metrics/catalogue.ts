/** A metric: its name by the conventions of Prometheus, its meaning, and the labels of its series. */
export interface MetricInfo {
  readonly type: 'gauge' | 'counter' | 'histogram';
  readonly help: string;
  readonly labels: readonly string[];
}

const ofTerritory = ['territory', 'family'] as const;

function gauge(help: string, ...labels: readonly string[]): MetricInfo {
  return { type: 'gauge', help, labels };
}

function counter(help: string, ...labels: readonly string[]): MetricInfo {
  return { type: 'counter', help, labels };
}

/** Every metric of /metrics, by name. docs/metrics.md has the same table; a test compares them. */
export const CATALOGUE = {
  unroutable_build_info: gauge('1; the labels name the version', 'version'),
  unroutable_ready: gauge('1 when /readyz is 200, else 0'),
  unroutable_leader: gauge('1 when this program leads the watch, else 0'),
  unroutable_leaders: gauge('Processes that lead the watch in this store: 1, or 0 without a leader'),
  unroutable_verdict: gauge('1 for the verdict that holds, 0 for the others', ...ofTerritory, 'verdict'),
  unroutable_verdict_since_timestamp_seconds: gauge('Since when the verdict holds', ...ofTerritory),
  unroutable_visibility_ratio: gauge(
    'Share of the baseline that is visible, 0 to 1; absent while blind',
    ...ofTerritory,
  ),
  unroutable_network_visibility_ratio: gauge(
    'Share of the voters that see a network, 0 to 1; absent while blind',
    ...ofTerritory,
    'network',
  ),
  unroutable_voters: gauge('Networks that report to RIS and whose view counts', ...ofTerritory),
  unroutable_reachability: gauge(
    '1 for the verdict on the services that holds, 0 for the others; only where services are asked',
    'territory',
    'reachability',
  ),
  unroutable_service_targets: gauge('Targets with a recent result', 'territory', 'service'),
  unroutable_service_targets_answering: gauge('Of these, those that answer as asked', 'territory', 'service'),
  unroutable_vantage_points: gauge('Vantage points whose results count', 'territory'),
  unroutable_open_incidents: gauge('Incidents that are not over', ...ofTerritory),
  unroutable_recorded_timestamp_seconds: gauge('Start of the minute that was recorded last', ...ofTerritory),
  unroutable_stored_events: gauge('Events that are stored'),
  unroutable_event_timestamp_seconds: gauge('Event time up to which everything is decided'),
  unroutable_event_lag_seconds: gauge('Wall clock minus the event time up to which everything is decided'),
  unroutable_feed_connected: gauge('1 when the connection is subscribed, else 0', 'connection'),
  unroutable_feed_messages_total: counter('Messages received from the feed'),
  unroutable_feed_held_messages: gauge('Messages held to be put in order'),
  unroutable_feed_lag_seconds: gauge('Median of the time between a message and its arrival'),
  unroutable_feed_silence_seconds: gauge('Time since the last message of a collector', 'collector'),
  unroutable_feed_routes_left_out_total: counter('Routes outside of all watched territories'),
  unroutable_feed_rejects_total: counter('Messages that were dropped or changed', 'reason'),
  unroutable_elements_total: counter('Elements taken by the engine', 'type'),
  unroutable_gaps_total: counter('Gaps: data may be missing', 'reason'),
  unroutable_open_gaps: gauge('Gaps that cost votes and are not healed yet', 'reason'),
  unroutable_commits_total: counter('Batches of state, history and events that were stored'),
  unroutable_events_total: counter('Events stored by this program', 'type'),
  unroutable_store_operation_duration_seconds: {
    type: 'histogram',
    help: 'Time until the store answered',
    labels: ['operation'],
  },
  unroutable_store_errors_total: counter('Operations without an answer of the store', 'operation'),
  unroutable_webhook_queue_length: gauge('Events that wait for a webhook', 'webhook'),
  unroutable_webhook_dead_letters: gauge('Events that could not be delivered', 'webhook'),
  unroutable_webhook_deliveries_total: counter(
    'Attempts to deliver: delivered, failed (tried again), given-up',
    'webhook',
    'outcome',
  ),
  unroutable_heartbeats_total: counter(
    'Heartbeats: success, failure (the failure URL was called), withheld, unsent',
    'outcome',
  ),
  unroutable_http_requests_total: counter('Answers over HTTP', 'code'),
  unroutable_http_stream_readers: gauge('Readers of the event stream'),
} as const satisfies Readonly<Record<string, MetricInfo>>;

/** The name of a metric. */
export type MetricName = keyof typeof CATALOGUE;
