import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readManifest, runId, type Manifest } from './manifest.ts';
import { FolderShelf } from './shelf.ts';

/** What became of a task that was done: its extracts by territory, and what of its files could not be read. */
export interface TaskRecord {
  readonly extracts: Readonly<Record<string, string>>;
  readonly faults: readonly string[];
}

/** Why a task was given up. */
export interface TaskFailure {
  readonly faults: readonly string[];
}

const RUNS = 'runs';

/**
 * What the queue of a shared folder is called: made once, so that workers of another folder on the same Redis never take its
 * tasks. `random`: of the one that makes it.
 */
export async function queueName(out: string, random: string): Promise<string> {
  const shelf = new FolderShelf(out);
  if (!(await shelf.has('queue'))) {
    const temporary = await shelf.temporary('queue');
    await writeFile(temporary, `${random}\n`, { flush: true });
    await shelf.publish(temporary, 'queue');
  }
  return (await readFile(shelf.pathOf('queue'), 'utf8')).trim();
}

/**
 * The folder of one run, beside the extracts: `runs/ID/manifest.json`, a record of each task that was done or given up, and the
 * results. All of it appears once and whole. What the queue says of a run is only how to get there.
 */
export class RunFolder {
  readonly id: string;
  readonly shelf: FolderShelf;
  readonly manifest: Manifest;

  private constructor(shelf: FolderShelf, id: string, manifest: Manifest) {
    this.shelf = shelf;
    this.id = id;
    this.manifest = manifest;
  }

  /** Writes the manifest, if it is not there. */
  static async create(out: string, manifest: Manifest): Promise<RunFolder> {
    const text = `${JSON.stringify(manifest)}\n`;
    const run = new RunFolder(new FolderShelf(out), runId(text), manifest);
    if (manifest.territoriesFile !== undefined) await run.#put('territories.yaml', manifest.territoriesFile);
    await run.#put('manifest.json', text);
    return run;
  }

  /** The run of this id, or why there is none. */
  static async open(out: string, id: string): Promise<RunFolder | string> {
    const path = join(out, RUNS, id, 'manifest.json');
    const text = await readFile(path, 'utf8').catch(() => undefined);
    if (text === undefined) return `${out}: there is no run ${id}`;
    const manifest = readManifest(text);
    return typeof manifest === 'string' ? `${path}: ${manifest}` : new RunFolder(new FolderShelf(out), id, manifest);
  }

  /** The ids of all runs in a folder. */
  static async list(out: string): Promise<readonly string[]> {
    const entries = await readdir(join(out, RUNS), { withFileTypes: true }).catch(() => []);
    return entries
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name)
      .sort();
  }

  /** Where something of this run lies. */
  pathOf(name: string): string {
    return this.shelf.pathOf(join(RUNS, this.id, name));
  }

  /** Where the events of a territory are, or will be. */
  resultOf(territory: string): string {
    return this.pathOf(`${territory}.ndjson`);
  }

  /** Keeps what became of a task; what was kept first stays. */
  async done(task: string, record: TaskRecord): Promise<void> {
    await this.#put(join('done', `${task}.json`), `${JSON.stringify(record)}\n`);
    await rm(this.pathOf(join('failed', `${task}.json`)), { force: true });
  }

  /** Keeps that a task was given up. */
  async failed(task: string, failure: TaskFailure): Promise<void> {
    await this.#put(join('failed', `${task}.json`), `${JSON.stringify(failure)}\n`);
  }

  /** Forgets which tasks were given up: they are to be tried again. */
  async forgiveFailures(): Promise<void> {
    await rm(this.pathOf('failed'), { recursive: true, force: true });
  }

  /** What is done, by task. */
  async records(): Promise<ReadonlyMap<string, TaskRecord>> {
    return this.#all<TaskRecord>('done');
  }

  /** What was given up and not done since, by task. */
  async failures(): Promise<ReadonlyMap<string, TaskFailure>> {
    const [failed, done] = [await this.#all<TaskFailure>('failed'), await this.#names('done')];
    return new Map([...failed].filter(([task]) => !done.has(task)));
  }

  /** Tasks that are neither done nor given up. */
  async left(): Promise<readonly string[]> {
    const settled = new Set([...(await this.#names('done')), ...(await this.#names('failed'))]);
    return this.manifest.tasks.map(({ id }) => id).filter((id) => !settled.has(id));
  }

  /** Whether a task is done or given up. */
  async isSettled(task: string): Promise<boolean> {
    const names = ['done', 'failed'].map((folder) => this.#own(join(folder, `${task}.json`)));
    return (await Promise.all(names.map((name) => this.shelf.has(name)))).includes(true);
  }

  /** Territories without a result. */
  async unjudged(): Promise<readonly string[]> {
    const isThere = await Promise.all(this.manifest.territories.map((id) => this.shelf.has(this.#own(`${id}.ndjson`))));
    return this.manifest.territories.filter((_, i) => isThere[i] === false);
  }

  /** Gives the events of a territory, written to a temporary file, their name. */
  async publish(temporary: string, territory: string): Promise<void> {
    await this.shelf.publish(temporary, this.#own(`${territory}.ndjson`));
  }

  /** A path to write the events of a territory to. */
  temporary(territory: string): Promise<string> {
    return this.shelf.temporary(this.#own(`${territory}.ndjson`));
  }

  /** Whether somebody gave the run up. */
  isCancelled(): Promise<boolean> {
    return this.shelf.has(this.#own('cancelled'));
  }

  /** Gives the run up; `false` takes that back. */
  async cancel(isCancelled: boolean): Promise<void> {
    if (isCancelled) await writeFile(this.pathOf('cancelled'), '');
    else await rm(this.pathOf('cancelled'), { force: true });
  }

  #own(name: string): string {
    return join(RUNS, this.id, name);
  }

  async #put(name: string, text: string): Promise<void> {
    if (await this.shelf.has(this.#own(name))) return;
    const temporary = await this.shelf.temporary(this.#own(name));
    await writeFile(temporary, text, { flush: true });
    await this.shelf.publish(temporary, this.#own(name));
  }

  async #names(folder: string): Promise<ReadonlySet<string>> {
    const entries = await readdir(this.pathOf(folder)).catch(() => []);
    return new Set(entries.filter((name) => /^[^.].*\.json$/.test(name)).map((name) => name.slice(0, -'.json'.length)));
  }

  async #all<T>(folder: string): Promise<ReadonlyMap<string, T>> {
    const names = [...(await this.#names(folder))].sort();
    const found = new Map<string, T>();
    for (const name of names) {
      const text = await readFile(this.pathOf(join(folder, `${name}.json`)), 'utf8').catch(() => undefined);
      if (text !== undefined) found.set(name, JSON.parse(text) as T);
    }
    return found;
  }
}
