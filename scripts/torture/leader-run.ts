import { systemClock } from '../../src/app/system-clock.ts';
import { readInstances, type Instance } from '../../src/app/leadership/instances.ts';
import type { UnroutableEvent } from '../../src/detect/events/event.ts';
import { openRedis, type RedisStore } from '../../src/store/redis/open.ts';
import type { RedisServer } from '../../test/support/redis/server.ts';
import { startToxicProxy, type ToxicProxy } from '../../test/support/redis/toxic-proxy.ts';
import { until } from '../../test/support/redis/until.ts';
import { disagreements } from './agreement.ts';
import { Calm } from './calm.ts';
import { ran, type Command, type Started } from './command.ts';
import { chainFaults, isOfTerritory } from './ledger.ts';
import { LiveStage } from './live-stage.ts';

/** The faults of a leader: it is killed, stopped for longer than its lease, cut off from Redis, or asked to end. */
export type Blow = 'kill' | 'stop' | 'cut' | 'end';

/** One change of leaders. */
export interface Change {
  readonly blow: Blow;
  /** From the fault until the standby had the lease, milliseconds. */
  readonly leadsMs: number;
  /** From the fault until the change at that moment was in the stream, milliseconds. */
  readonly reportedMs: number;
}

interface PairParts {
  readonly command: Command;
  readonly server: RedisServer;
  readonly stage: LiveStage;
  readonly store: RedisStore;
  readonly options: readonly string[];
  readonly calm: Calm;
}

interface Instanced {
  readonly started: Started;
  /** Its own proxy to Redis. */
  readonly proxy: ToxicProxy;
  readonly pid: number;
}

const SETTLED_MS = 40_000;

/**
 * Two watches on one Redis and one feed: one leads, the other stands by. A third, undisturbed one gets the same feed
 * and stores into its own folder. The events about territories of the two must equal those of the third.
 */
export class Pair {
  readonly stage: LiveStage;
  readonly store: RedisStore;
  readonly changes: Change[] = [];
  readonly #command: Command;
  readonly #server: RedisServer;
  readonly #options: readonly string[];
  #leader: Instanced;
  #standby: Instanced;
  #isOut = false;
  /** The expected verdicts, in order. */
  readonly #called: string[] = [];
  readonly #calm: Calm;
  /** Ids of events in the store from before it was emptied. */
  #before: ReadonlySet<string> = new Set();

  private constructor(parts: PairParts, [leader, standby]: readonly [Instanced, Instanced]) {
    this.#command = parts.command;
    this.#server = parts.server;
    this.#options = parts.options;
    this.stage = parts.stage;
    this.store = parts.store;
    this.#calm = parts.calm;
    this.#leader = leader;
    this.#standby = standby;
  }

  /** Both are at work, and the leader has its first table. */
  static async start(command: Command, server: RedisServer, options: readonly string[] = []): Promise<Pair> {
    const stage = await LiveStage.open(command);
    const opened = await openRedis(`redis://127.0.0.1:${server.port}`, { name: 'KP', clock: systemClock });
    if (!opened.ok) throw new Error(opened.reason);
    const calm = new Calm(stage.watch('calm', ...options));
    const parts = { command, server, stage, store: opened.store, options, calm };
    const first = await startOne(stage, server, options);
    const pair = new Pair(parts, [first, first]);
    await pair.#until('the first one leads', async () => (await pair.leaderPid()) === first.pid);
    await pair.#until('the first table is there', async () => (await pair.#voters()) >= 24);
    await pair.#until('the calm one has its first table', async () => calm.isWhole);
    pair.#standby = await startOne(stage, server, options);
    await pair.#listens(pair.#standby);
    return pair;
  }

  async leaderPid(): Promise<number | undefined> {
    return pidOf((await this.store.leases.holder())?.holder);
  }

  async events(): Promise<readonly UnroutableEvent[]> {
    const events: UnroutableEvent[] = [];
    for await (const event of this.store.events()) events.push(event);
    return events;
  }

  /** `unroutable status --format json`, as a person would ask. */
  async status(): Promise<{
    readonly ready: boolean;
    readonly leader: { readonly id: string };
    instances: Instance[];
  }> {
    const store = `redis://127.0.0.1:${this.#server.port}`;
    const lines = await ran(this.#command, ['status', '--format', 'json', '--store', store], this.stage.env);
    return JSON.parse(lines.join('\n')) as Awaited<ReturnType<Pair['status']>>;
  }

  get pids(): { readonly leader: number; readonly standby: number } {
    return { leader: this.#leader.pid, standby: this.#standby.pid };
  }

  /** The end of the leader's stderr. */
  get leaderLog(): string {
    return this.#leader.started.stderr();
  }

  /**
   * The country is lost, or returns, at the moment of the leader's fault. Then both watches work again, with roles
   * exchanged.
   */
  async change(blow: Blow): Promise<Change> {
    const [old, next] = [this.#leader, this.#standby];
    const began = performance.now();
    const since = (): number => Math.round(performance.now() - began);
    await strike(old, blow);
    this.#turnWorld();
    await this.#until(`the standby leads after ${blow}`, async () => (await this.leaderPid()) === next.pid);
    const leadsMs = since();
    await this.#until(
      `it is reported after ${blow}`,
      async () => (await this.#verdicts()).length >= this.#called.length,
    );
    const change = { blow, leadsMs, reportedMs: since() };
    this.#leader = next;
    this.#standby = await this.#recover(old, blow);
    await this.#listens(this.#standby);
    this.changes.push(change);
    return change;
  }

  /** The country is lost, or returns, and this is reported. */
  async turn(): Promise<void> {
    this.#turnWorld();
    await this.#until('it is reported', async () => (await this.#verdicts()).length >= this.#called.length);
  }

  /** The store has lost reported events. From now on only the present ones count. */
  async emptied(): Promise<void> {
    this.#called.splice(0, Infinity, ...(await this.#verdicts()));
    this.#before = new Set((await this.events()).map(({ id }) => id));
    this.#calm.forget();
  }

  /** Faults of all reported events. */
  async faults(): Promise<readonly string[]> {
    return [...chainFaults(await this.events()), ...(await this.misreported())];
  }

  /**
   * Events about territories, since the store was last emptied, that only one side has: the pair, or the undisturbed
   * watch.
   */
  async misreported(): Promise<readonly string[]> {
    const found = async (): Promise<readonly UnroutableEvent[]> =>
      (await this.events()).filter((event) => isOfTerritory(event) && !this.#before.has(event.id));
    // The disturbed side may be late. If it never reports as much, that is a finding.
    const isAsMuch = async (): Promise<boolean> => (await found()).length === this.#calm.reported.length;
    await until('both have reported as much', isAsMuch).catch(() => undefined);
    return disagreements(this.#calm.reported, await found());
  }

  async close(): Promise<void> {
    for (const { started, proxy } of new Set([this.#leader, this.#standby])) {
      started.child.kill('SIGKILL');
      await started.ended;
      await proxy.close();
    }
    await this.#calm.end();
    await this.store.close();
    await this.stage.close();
  }

  #turnWorld(): void {
    if (this.#isOut) this.stage.announce();
    else this.stage.withdraw();
    this.#isOut = !this.#isOut;
    this.#called.push(this.#isOut ? 'country.unroutable' : 'country.restored');
  }

  /** Waits until the disturbed watch, or its replacement, stands by. */
  async #recover(old: Instanced, blow: Blow): Promise<Instanced> {
    switch (blow) {
      case 'kill':
      case 'end':
        await old.proxy.close();
        return startOne(this.stage, this.#server, this.#options);
      case 'stop':
        old.started.child.kill('SIGCONT');
        return old;
      case 'cut':
        await old.proxy.set({ kind: 'pass' });
        return old;
    }
  }

  /** Whether it stands by, and has buffered the feed from before the stored position, so that it could take over. */
  async #listens({ pid }: Instanced): Promise<void> {
    const isStandby = async (): Promise<boolean> => {
      const mine = (await readInstances(this.store)).find((instance) => instance.pid === pid);
      return mine?.role === 'standby' && mine.ready && Math.abs(this.stage.now - Date.parse(mine.beatAt)) < 5_000;
    };
    await this.#until(`${pid} stands by`, isStandby);
    const from = this.stage.now + 3_000;
    await this.#until('the leader is further', async () => ((await this.store.load())?.cursor ?? 0) > from);
  }

  async #verdicts(): Promise<string[]> {
    return (await this.events()).map(({ type }) => type).filter((type) => type.startsWith('country.'));
  }

  async #voters(): Promise<number> {
    const [record] = await this.store.read('verdicts');
    if (record === undefined) return 0;
    return (JSON.parse(record.value) as { visibility?: { voters?: number } }).visibility?.voters ?? 0;
  }

  /** If it never happens, the error contains the output of both. */
  async #until(what: string, holds: () => Promise<boolean>): Promise<void> {
    try {
      await until(what, holds, SETTLED_MS);
    } catch (error) {
      const logs = [this.#leader, this.#standby].map(({ pid, started }) => `${pid}:\n${started.stderr()}`);
      const events = (await this.events()).slice(-40).map(({ source, sequence, type, time, data }) => {
        const { reason } = data as { readonly reason?: string };
        return [source, sequence, time, type, reason].join(' ');
      });
      const verdicts = (await this.store.read('verdicts')).map(({ value }) => value);
      throw new Error([`${what}, in vain`, ...logs, ...events, ...verdicts].join('\n'), { cause: error });
    }
  }
}

async function startOne(stage: LiveStage, server: RedisServer, options: readonly string[]): Promise<Instanced> {
  const proxy = await startToxicProxy({ host: server.host, port: server.port });
  const started = stage.watch(`redis://127.0.0.1:${proxy.port}`, ...options);
  return { started, proxy, pid: started.child.pid ?? 0 };
}

async function strike({ started, proxy }: Instanced, blow: Blow): Promise<void> {
  switch (blow) {
    case 'kill':
      started.child.kill('SIGKILL');
      return;
    case 'stop':
      started.child.kill('SIGSTOP');
      return;
    case 'cut':
      await proxy.set({ kind: 'stall' });
      return;
    case 'end':
      started.child.kill('SIGTERM');
  }
}

/** Of a holder of the lease: `box:4711@4026531836`. */
function pidOf(holder: string | undefined): number | undefined {
  const pid = /:(\d+)(?:@\d+)?$/.exec(holder ?? '')?.[1];
  return pid === undefined ? undefined : Number(pid);
}
