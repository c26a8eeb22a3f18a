import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { copyFile, mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { openContainer } from '../../streams/mrt/container/container.ts';
import type { ContainerKind } from '../../streams/mrt/container/unpacking.ts';
import type { FileKind } from '../../streams/mrt/archive/file-name.ts';
import { firstRecord } from '../../streams/mrt/archive/first-record.ts';
import { DEFAULT_LIMITS } from '../../streams/mrt/limits.ts';
import { snapshotOf } from '../../streams/mrt/container/packed-file.ts';
import { onPath } from './measure.ts';
import { writeRib, writeUpdates } from './synthetic.ts';

/** Files that all tools read. */
export interface Corpus {
  /** For people: what it is and how often it was copied. */
  readonly name: string;
  readonly container: ContainerKind;
  readonly kind: FileKind;
  readonly files: readonly string[];
  /** Bytes. */
  readonly unpacked: number;
  readonly packed: number;
}

/** Smaller input is read too fast for a comparison. Bytes. */
export const LEAST_UNPACKED = 250_000_000;
const SYNTHETIC_FILE_BYTES = 32_000_000;

interface Given {
  readonly path: string;
  readonly container: ContainerKind;
  readonly kind: FileKind;
  readonly packed: number;
  readonly unpacked: number;
}

/** The files named, one corpus for each container and kind among them; as they are, or repeated until they are large enough. */
export async function corporaOf(paths: readonly string[], folder: string, copies = 0): Promise<Corpus[]> {
  const given = await Promise.all(paths.map(lookAt));
  const groups = new Map<string, Given[]>();
  for (const file of given) {
    const key = `${file.container}-${file.kind}`;
    groups.set(key, [...(groups.get(key) ?? []), file]);
  }
  const corpora: Corpus[] = [];
  for (const [key, files] of groups) corpora.push(await enlarge(files, join(folder, key), copies));
  return corpora;
}

/** Made here, without a network: updates in several files and in one, as gz and as bz2 where there is `bzip2`, and a table dump as gz. */
export async function syntheticCorpora(folder: string): Promise<Corpus[]> {
  const rib = join(folder, 'bview.20190101.0000.gz');
  await writeRib(rib, LEAST_UNPACKED);
  const several = await updatesIn(folder, SYNTHETIC_FILE_BYTES);
  const one = await updatesIn(join(folder, 'one'), LEAST_UNPACKED);
  const corpora = [...(await corporaOf([...several, rib], folder)), ...(await corporaOf(one, folder))];
  return corpora.map((corpus) => ({ ...corpus, name: `synthetic, ${corpus.name}` }));
}

async function updatesIn(folder: string, bytes: number): Promise<string[]> {
  const path = join(folder, 'updates.20190101.0000.gz');
  await mkdir(folder, { recursive: true });
  await writeUpdates(path, bytes);
  return onPath('bzip2') === undefined ? [path] : [path, await asBzip2(path)];
}

async function lookAt(path: string): Promise<Given> {
  const snapshot = await snapshotOf(path);
  if (typeof snapshot === 'string') throw new Error(`${path} ${snapshot}`);
  const first = firstRecord(path, snapshot, DEFAULT_LIMITS);
  if (typeof first === 'string') throw new Error(`${path} ${first}`);
  const opened = await openContainer(path, { snapshot });
  if (!opened.ok) throw new Error(`${path} ${opened.reason}`);
  let unpacked = 0;
  for await (const chunk of opened.container.chunks()) unpacked += chunk.length;
  return { path, container: opened.container.kind, kind: first.kind, packed: snapshot.size, unpacked };
}

/** Copies are separate files in separate folders, so that no tool can notice that it reads the same file twice. */
async function enlarge(files: readonly Given[], folder: string, wanted: number): Promise<Corpus> {
  const { container, kind } = files[0] ?? { container: 'plain', kind: 'updates' };
  const unpacked = files.reduce((sum, file) => sum + file.unpacked, 0);
  const packed = files.reduce((sum, file) => sum + file.packed, 0);
  const times = wanted > 0 ? wanted : Math.ceil(LEAST_UNPACKED / unpacked);
  const copies = times > 1 ? await copy(files, folder, times) : files.map(({ path }) => path);
  const [first] = files;
  const what = files.length === 1 && first !== undefined ? basename(first.path) : `${files.length} files`;
  return {
    name: times > 1 ? `${times} copies of ${what}` : what,
    container,
    kind,
    files: copies,
    unpacked: unpacked * times,
    packed: packed * times,
  };
}

async function copy(files: readonly Given[], folder: string, times: number): Promise<string[]> {
  const copies: string[] = [];
  for (let i = 0; i < times; i++) {
    for (const [at, { path }] of files.entries()) {
      const into = join(folder, `${i}`.padStart(4, '0'), `${at}`);
      await mkdir(into, { recursive: true });
      copies.push(join(into, basename(path)));
      await copyFile(path, join(into, basename(path)));
    }
  }
  return copies;
}

/** Recompresses a gz file with the `bzip2` on PATH. */
async function asBzip2(path: string): Promise<string> {
  const packed = path.replace(/\.gz$/, '.bz2');
  const opened = await openContainer(path);
  if (!opened.ok) throw new Error(opened.reason);
  const bzip2 = spawn('bzip2', ['-c'], { stdio: ['pipe', 'pipe', 'inherit'] });
  await Promise.all([
    pipeline(opened.container.chunks(), bzip2.stdin),
    pipeline(bzip2.stdout, createWriteStream(packed)),
  ]);
  return packed;
}
