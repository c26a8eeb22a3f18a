import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import type { UnroutableEvent } from '../../../../src/detect/events/event.ts';
import { HandClock, settled } from '../../../support/clock.ts';
import { Stage } from './stage.ts';
import { chain, endpointOf } from './world.ts';

const PROGRAM = 'prometheus-alertmanager';
const isMissing = spawnSync(PROGRAM, ['--version']).error !== undefined;

interface Active {
  readonly labels: { readonly alertname: string };
  readonly startsAt: string;
}

/** An Alertmanager on loopback, each time with only its configuration. */
class Alertmanager {
  readonly #port: number;
  readonly #folder: string;
  #child: ReturnType<typeof spawn> | undefined;

  private constructor(port: number, folder: string) {
    this.#port = port;
    this.#folder = folder;
  }

  static async create(): Promise<Alertmanager> {
    const folder = await mkdtemp(join(tmpdir(), 'unroutable-alertmanager-'));
    await writeFile(join(folder, 'am.yml'), 'route: { receiver: none }\nreceivers: [{ name: none }]\n');
    const one = new Alertmanager(await freePort(), folder);
    onTestFinished(async () => {
      await one.kill();
      await rm(folder, { recursive: true });
    });
    await one.start();
    return one;
  }

  get port(): number {
    return this.#port;
  }

  async start(): Promise<void> {
    const at = `127.0.0.1:${String(this.#port)}`;
    const storage = await mkdtemp(join(this.#folder, 'data-'));
    const options = [`--config.file=${join(this.#folder, 'am.yml')}`, `--storage.path=${storage}`];
    this.#child = spawn(PROGRAM, [...options, `--web.listen-address=${at}`, '--cluster.listen-address='], {
      stdio: 'ignore',
    });
    await asked(() => this.active().then(Boolean, () => false), 'an answer of Alertmanager');
  }

  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
  }

  async active(): Promise<Active[]> {
    const answer = await fetch(`http://127.0.0.1:${String(this.#port)}/api/v2/alerts?active=true`);
    return (await answer.json()) as Active[];
  }
}

/** Asks a program with a clock of its own until it is so. */
async function asked(isSo: () => Promise<boolean>, what: string): Promise<void> {
  for (const began = performance.now(); !(await isSo());) {
    if (performance.now() - began > 20_000) throw new Error(`waited in vain for ${what}`);
    await setTimeout(20);
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

test.skipIf(isMissing)(
  'an alert of a recording of 2014 shows in a real Alertmanager, shows again after its restart, and ends',
  { timeout: 60_000 },
  async () => {
    const receiver = await Alertmanager.create();
    const clock = new HandClock(Date.now());
    const stage = new Stage(undefined, clock);
    const url = `http://am.test:${String(receiver.port)}/api/v2/alerts`;
    await stage.add(endpointOf('am', receiver.port, { url, template: 'alertmanager', secrets: [] }));
    void stage.start({ lookMs: 3_600_000 });
    await settled(30);

    const [model, later] = chain(2);
    const [since, until_] = ['2014-12-22T16:00:00.000Z', '2014-12-22T17:00:00.000Z'];
    await stage.decide([{ ...model, time: since, data: { ...model?.data, since } } as UnroutableEvent]);
    await stage.attempted(1);
    const shown = async (count: number) => {
      await asked(async () => (await receiver.active()).length === count, `${String(count)} active alerts`);
      return await receiver.active();
    };
    expect(await shown(1)).toMatchObject([{ labels: { alertname: 'CountryUnroutable' }, startsAt: since }]);

    await receiver.kill();
    await receiver.start();
    expect(await receiver.active()).toEqual([]);
    await clock.turn(60_000);
    expect(await shown(1)).toMatchObject([{ labels: { alertname: 'CountryUnroutable' }, startsAt: since }]);

    const over = { ...later?.data, since: until_, verdict: 'routable' };
    await stage.decide([{ ...later, type: 'country.restored', time: until_, data: over } as UnroutableEvent]);
    await shown(0);
  },
);
