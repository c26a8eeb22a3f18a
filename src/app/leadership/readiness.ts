import { lastRecorded } from '../../history/query.ts';
import type { StateStore } from '../../ports.ts';
import { durationText } from '../../report/clock.ts';
import { isAlive, readInstances, type Instance } from './instances.ts';

/** The leader of a watch, and the processes that work on it. */
interface AtWork {
  readonly leader: { readonly holder: string } | undefined;
  readonly instances: readonly (Instance & { readonly alive: boolean })[];
}

/** Why no process is ready; `undefined`: one is ready. */
function unreadiness({ leader, instances }: AtWork): string | undefined {
  if (leader === undefined) return 'there is no leader';
  const leading = instances.find(({ id }) => id === leader.holder);
  if (leading === undefined || !leading.alive) return `${leader.holder} is the leader and gives no sign of life`;
  return leading.ready ? undefined : `${leading.id}: ${leading.reason ?? 'not ready yet'}`;
}

/** Largest age of the store's last record, milliseconds. A minute is recorded when it begins. */
const MOST_BEHIND_MS = 180_000;

/**
 * Why the watch on this store is not ready: no leader, blind, or behind. `undefined`: it is ready. `/readyz`, `status`,
 * the heartbeat and the metric `unroutable_ready` all use this.
 */
export async function storeUnready(store: StateStore, wallMs: number): Promise<string | undefined> {
  const [leader, instances] = await Promise.all([store.leases.holder(), readInstances(store)]);
  const known = instances.map((instance) => ({ ...instance, alive: isAlive(instance, wallMs) }));
  const isHistory = known.some(({ id, history }) => id === leader?.holder && history === true);
  const reason = unreadiness({ leader, instances: known }) ?? (await blindness(store));
  return reason ?? (isHistory ? undefined : behindness(store, wallMs));
}

/** `blind: …` while every verdict is unknown. */
export async function blindness(store: Pick<StateStore, 'read'>): Promise<string | undefined> {
  const verdicts = await store.read('verdicts');
  if (verdicts.length === 0) return 'nothing is recorded yet';
  const isBlind = verdicts.every(({ value }) => (JSON.parse(value) as { verdict?: string }).verdict === 'unknown');
  return isBlind ? 'blind: every verdict is unknown' : undefined;
}

async function behindness(store: StateStore, wallMs: number): Promise<string | undefined> {
  const verdicts = await store.read('verdicts');
  const minutes = await Promise.all(verdicts.map(({ key }) => lastRecorded(store, key)));
  const last = Math.max(...minutes.map((at) => at ?? 0));
  if (last === 0) return 'nothing is recorded yet';
  const behind = wallMs - last;
  return behind > MOST_BEHIND_MS ? `behind: the last record is ${durationText(behind)} old` : undefined;
}
