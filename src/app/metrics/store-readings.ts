import type { StateStore } from '../../ports.ts';
import type { Answers } from '../../http/answers.ts';
import { reachabilities } from '../../http/reach-view.ts';
import { subjectsOf, type Subject } from '../../http/subjects.ts';
import type { Reading } from './meter.ts';

const VERDICTS = ['unknown', 'routable', 'degraded', 'unroutable'] as const;

/** Most networks with series of their own: more would overload Prometheus. */
const MOST_NETWORKS = 2_000;

/** Readings of a store: its territories, its leader and its webhooks. */
export async function storeReadings(store: StateStore): Promise<readonly Reading[]> {
  const [subjects, incidents, holder, events, webhooks, reach] = await Promise.all([
    subjectsOf(store),
    store.read('incidents'),
    store.leases.holder(),
    store.count(),
    webhookReadings(store),
    reachabilities(store),
  ]);
  const open = new Set(incidents.map(({ key }) => key));
  const networks = subjects.reduce((sum, { about }) => sum + about.networks.length, 0);
  return [
    ['unroutable_leaders', holder === undefined ? 0 : 1],
    ['unroutable_stored_events', events],
    ...subjects.flatMap((subject) => subjectReadings(subject, open.has(subject.key))),
    ...(networks > MOST_NETWORKS ? [] : subjects.flatMap(networkReadings)),
    ...webhooks,
    ...[...reach].flatMap(reachReadings),
  ];
}

const REACHABILITIES = ['unknown', 'reachable', 'partly', 'unreachable'] as const;

function reachReadings([territory, { reachability, services, vantages }]: readonly [
  string,
  Pick<Answers['reachability']['territories'][number], 'reachability' | 'services' | 'vantages'>,
]): readonly Reading[] {
  return [
    ...REACHABILITIES.map((one): Reading => [
      'unroutable_reachability',
      one === reachability ? 1 : 0,
      { territory, reachability: one },
    ]),
    ['unroutable_vantage_points', vantages, { territory }],
    ...services.flatMap(({ service, targets, answering }): readonly Reading[] => [
      ['unroutable_service_targets', targets, { territory, service }],
      ['unroutable_service_targets_answering', answering, { territory, service }],
    ]),
  ];
}

function subjectReadings(subject: Subject, isOpen: boolean): readonly Reading[] {
  const { territory, family, verdict, since, visibility, recorded } = subject;
  const labels = { territory, family };
  const readings: Reading[] = VERDICTS.map((one) => [
    'unroutable_verdict',
    one === verdict ? 1 : 0,
    { ...labels, verdict: one },
  ]);
  readings.push(['unroutable_open_incidents', isOpen ? 1 : 0, labels]);
  readings.push(['unroutable_voters', visibility?.voters ?? 0, labels]);
  if (since !== undefined) readings.push(['unroutable_verdict_since_timestamp_seconds', since / 1000, labels]);
  if (recorded !== undefined) readings.push(['unroutable_recorded_timestamp_seconds', recorded / 1000, labels]);
  // While we are blind there is no value: losing our vantage points is not an outage.
  if (isSeen(subject)) readings.push(['unroutable_visibility_ratio', visibility?.share ?? 0, labels]);
  return readings;
}

function networkReadings(subject: Subject): readonly Reading[] {
  const { territory, family, about, units } = subject;
  if (!isSeen(subject) || about.networks.length === 0) return [];
  return units.map(({ unit, share }) => [
    'unroutable_network_visibility_ratio',
    share,
    { territory, family, network: unit },
  ]);
}

function isSeen({ verdict, visibility }: Subject): boolean {
  return verdict !== 'unknown' && visibility !== undefined && visibility.voters > 0;
}

/** Counted by keys, which begin with the webhook's name. */
async function webhookReadings(store: StateStore): Promise<readonly Reading[]> {
  const [endpoints, queue, dead] = await Promise.all([
    store.read('webhooks/endpoints'),
    store.read('webhooks/queue'),
    store.read('webhooks/dead'),
  ]);
  const names = endpoints.map(({ key }) => key).filter((key) => !key.includes('/'));
  const of = (records: typeof queue, name: string): number =>
    records.filter(({ key }) => key.startsWith(`${name}/`)).length;
  return names.flatMap((webhook): Reading[] => [
    ['unroutable_webhook_queue_length', of(queue, webhook), { webhook }],
    ['unroutable_webhook_dead_letters', of(dead, webhook), { webhook }],
  ]);
}
