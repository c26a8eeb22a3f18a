import { inParallel } from '../lib/in-parallel.ts';
import {
  readManifest,
  readTask,
  runId,
  taskName,
  type Manifest,
  type ManifestTask,
  type TaskName,
} from './manifest.ts';
import type { Shelf } from './shelf/shelf.ts';

/** The record of a task that was done: its extracts by territory, and the unreadable parts of its files. */
export interface TaskRecord {
  readonly extracts: Readonly<Record<string, string>>;
  readonly faults: readonly string[];
}

/** Why a task was given up. */
export interface TaskFailure {
  readonly faults: readonly string[];
}

const RUNS = 'runs';
const TASKS = 'tasks';
/** Records are small and many, and each request to a store takes a while. */
const READ_AT_ONCE = 32;

/**
 * The name of a shelf's queue. It is created once, so that workers of another shelf on the same Redis never take its
 * tasks. @param random makes a new name
 */
export async function queueName(shelf: Shelf, random: string): Promise<string> {
  const known = await shelf.read('queue');
  if (known !== undefined) return known.trim();
  await shelf.putOnce('queue', `${random}\n`);
  return (await shelf.read('queue'))?.trim() ?? random;
}

/** Writes down a task for the manifests of runs. The same task is written once. */
export async function writeTask(shelf: Shelf, task: ManifestTask): Promise<TaskName> {
  const text = `${JSON.stringify(task)}\n`;
  const name = taskName(task.id, text);
  await shelf.putOnce(`${TASKS}/${name.file}`, text);
  return name;
}

/**
 * The folder of one run, beside the extracts: `runs/ID/manifest.json`, a record of each task that was done or given up,
 * and the results. Each file appears once and complete. This folder, not the queue, is the truth about a run.
 */
export class RunFolder {
  readonly id: string;
  readonly shelf: Shelf;
  readonly manifest: Manifest;
  /** Records never change. */
  readonly #records = new Map<string, TaskRecord>();

  private constructor(shelf: Shelf, id: string, manifest: Manifest) {
    this.shelf = shelf;
    this.id = id;
    this.manifest = manifest;
  }

  /** Writes the manifest unless it exists. Write its tasks first. */
  static async create(shelf: Shelf, manifest: Manifest): Promise<RunFolder> {
    const text = `${JSON.stringify(manifest)}\n`;
    const run = new RunFolder(shelf, runId(text), manifest);
    await shelf.putOnce(run.#own('manifest.json'), text);
    return run;
  }

  /** The run of this id, or why there is none. */
  static async open(shelf: Shelf, id: string): Promise<RunFolder | string> {
    const name = `${RUNS}/${id}/manifest.json`;
    const text = await shelf.read(name);
    if (text === undefined) return `${shelf.name}: there is no run ${id}`;
    const manifest = readManifest(text);
    return typeof manifest === 'string' ? `${shelf.pathOf(name)}: ${manifest}` : new RunFolder(shelf, id, manifest);
  }

  /** The ids of all runs on a shelf. */
  static list(shelf: Shelf): Promise<readonly string[]> {
    return shelf.folders(RUNS);
  }

  /** The path of a territory's events, existing or not. */
  resultOf(territory: string): string {
    return this.shelf.pathOf(this.#result(territory));
  }

  /** The files of a task; a reason for people when it cannot be used. */
  async taskOf(task: TaskName): Promise<ManifestTask | string> {
    const name = `${TASKS}/${task.file}`;
    const text = await this.shelf.read(name);
    const read = text === undefined ? 'does not exist' : readTask(text, task);
    return typeof read === 'string' ? `${this.shelf.pathOf(name)} ${read}` : read;
  }

  /** Stores the result of a task. The first stored result stays. */
  async done(task: string, record: TaskRecord): Promise<void> {
    await this.shelf.putOnce(this.#own(`done/${task}.json`), `${JSON.stringify(record)}\n`);
    await this.shelf.remove(this.#own(`failed/${task}.json`));
  }

  /** Records that a task was given up. */
  async failed(task: string, failure: TaskFailure): Promise<void> {
    await this.shelf.putOnce(this.#own(`failed/${task}.json`), `${JSON.stringify(failure)}\n`);
  }

  /** Forgets which tasks were given up, so that they are tried again. */
  async forgiveFailures(): Promise<void> {
    const names = [...(await this.#names('failed'))];
    await inParallel(names, READ_AT_ONCE, (name) => this.shelf.remove(this.#own(`failed/${name}.json`)));
  }

  /** Results of the tasks that are done, in the order of the tasks' names. */
  async records(): Promise<ReadonlyMap<string, TaskRecord>> {
    const names = [...(await this.#names('done'))].sort();
    const unread = names.filter((name) => !this.#records.has(name));
    for (const [name, record] of await this.#read<TaskRecord>('done', unread)) this.#records.set(name, record);
    return new Map(names.flatMap((name) => [[name, this.#records.get(name)] as const]).filter(isKnown));
  }

  /** Tasks that were given up and not done since. */
  async failures(): Promise<ReadonlyMap<string, TaskFailure>> {
    const [failed, done] = [await this.#names('failed'), await this.#names('done')];
    return new Map(await this.#read<TaskFailure>('failed', [...failed].filter((task) => !done.has(task)).sort()));
  }

  /** Tasks that are neither done nor given up. */
  async left(): Promise<readonly string[]> {
    const settled = new Set([...(await this.#names('done')), ...(await this.#names('failed'))]);
    return this.manifest.tasks.map(({ id }) => id).filter((id) => !settled.has(id));
  }

  /** Whether a task is done or given up. */
  async isSettled(task: string): Promise<boolean> {
    const names = ['done', 'failed'].map((folder) => this.#own(`${folder}/${task}.json`));
    return (await Promise.all(names.map((name) => this.shelf.has(name)))).includes(true);
  }

  /** Territories without a result. */
  async withoutResult(): Promise<readonly string[]> {
    const { territories } = this.manifest;
    const isThere = await inParallel(territories, READ_AT_ONCE, (id) => this.shelf.has(this.#result(id)));
    return territories.filter((_, i) => isThere[i] === false);
  }

  /** Publishes the events of a territory that were written to a draft. */
  async publish(draft: string, territory: string): Promise<void> {
    await this.shelf.publish(draft, this.#result(territory));
  }

  /** A draft path for the events of a territory. */
  draft(territory: string): Promise<string> {
    return this.shelf.draft(this.#result(territory));
  }

  /** Whether the run was cancelled. */
  isCancelled(): Promise<boolean> {
    return this.shelf.has(this.#own('cancelled'));
  }

  /** Cancels the run; `false` undoes that. */
  async cancel(isCancelled: boolean): Promise<void> {
    if (isCancelled) await this.shelf.putOnce(this.#own('cancelled'), '');
    else await this.shelf.remove(this.#own('cancelled'));
  }

  #own(name: string): string {
    return `${RUNS}/${this.id}/${name}`;
  }

  #result(territory: string): string {
    return this.#own(`${territory}.ndjson`);
  }

  async #names(folder: string): Promise<ReadonlySet<string>> {
    const from = this.#own(folder).length + 1;
    const names = await this.shelf.list(this.#own(folder));
    return new Set(names.filter((name) => name.endsWith('.json')).map((name) => name.slice(from, -'.json'.length)));
  }

  async #read<T>(folder: string, names: readonly string[]): Promise<readonly (readonly [string, T])[]> {
    const texts = await inParallel(names, READ_AT_ONCE, (name) => this.shelf.read(this.#own(`${folder}/${name}.json`)));
    return names.flatMap((name, i) => (texts[i] === undefined ? [] : [[name, JSON.parse(texts[i]) as T] as const]));
  }
}

function isKnown<T>(entry: readonly [string, T | undefined]): entry is readonly [string, T] {
  return entry[1] !== undefined;
}
