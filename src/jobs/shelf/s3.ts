import { randomBytes } from 'node:crypto';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { messageOf } from '../../lib/message-of.ts';
import { within } from '../../lib/within.ts';
import type { Pages } from '../../../streams/extract/pages.ts';
import { FolderShelf } from './folder.ts';
import { ObjectWindows } from './object-pages.ts';
import { S3Bucket, type S3Access, type S3Means } from './s3-bucket.ts';
import type { Shelf } from './shelf.ts';

const PROOFS = '.proofs';
/** Few tries, so that a command without a store fails soon. */
const PROOF_TRIES = 3;
/** The proof is removed even when the command was stopped meanwhile, if the store answers in this time. Milliseconds. */
const LAST_REQUEST_MS = 3_000;

/**
 * A shelf in a store that speaks S3. An object appears complete, and `If-None-Match: *` lets exactly one of several
 * writers win; `prove` detects stores that ignore this header. A file is first written to a local draft, and then sent
 * in one request of known length. A broken request leaves nothing behind. AWS accepts up to 5 GiB this way.
 */
export class S3Shelf implements Shelf {
  readonly name: string;
  readonly #bucket: S3Bucket;
  readonly #prefix: string;
  /** Makes a last request with a signal of its own: the command may have been stopped. */
  readonly #briefly: <T>(work: (bucket: S3Bucket) => Promise<T>) => Promise<T>;
  readonly #drafts = new FolderShelf(join(tmpdir(), `unroutable-drafts-${userInfo().uid}`));
  readonly #windows: ObjectWindows;

  /** `prefix`: without slashes around it; may be empty. */
  constructor(access: S3Access, prefix: string, means: S3Means) {
    this.#bucket = new S3Bucket(access, means);
    this.#briefly = (work) =>
      within(means.clock, LAST_REQUEST_MS, undefined, (signal) => work(new S3Bucket(access, { ...means, signal })));
    this.#prefix = prefix === '' ? '' : `${prefix}/`;
    this.name = `s3://${access.bucket}${prefix === '' ? '' : `/${prefix}`}`;
    this.#windows = new ObjectWindows((name, part) => {
      const range = 'last' in part ? `bytes=-${part.last}` : `bytes=${part.from}-${part.to}`;
      return this.#bucket.part(this.#keyOf(name), range);
    });
  }

  pathOf(name: string): string {
    return `${this.name}/${name}`;
  }

  has(name: string): Promise<boolean> {
    return this.#named(name, this.#bucket.has(this.#keyOf(name)));
  }

  async read(name: string): Promise<string | undefined> {
    return (await this.#named(name, this.#bucket.get(this.#keyOf(name))))?.toString('utf8');
  }

  open(name: string): Promise<Pages> {
    return this.#named(name, this.#windows.open(name));
  }

  async list(folder: string): Promise<readonly string[]> {
    const names: string[] = [];
    for await (const { keys } of this.#pages(folder, '')) names.push(...keys.map((key) => this.#nameOf(key)));
    return names.filter((name) => !/(?:^|\/)\./.test(name)).sort();
  }

  async folders(folder: string): Promise<readonly string[]> {
    const names: string[] = [];
    for await (const { prefixes } of this.#pages(folder, '/'))
      names.push(...prefixes.map((prefix) => this.#nameOf(prefix).slice(0, -1)));
    const inside = folder === '' ? names : names.map((name) => name.slice(folder.length + 1));
    return inside.filter((name) => !name.startsWith('.')).sort();
  }

  putOnce(name: string, text: string): Promise<boolean> {
    return this.#named(name, this.#bucket.putOnce(this.#keyOf(name), text));
  }

  /** A file on this machine. Drafts of other shelves may have the same name, and are other files. */
  draft(name: string): Promise<string> {
    return this.#drafts.draft(name.replaceAll('/', '-'));
  }

  async publish(draft: string, name: string): Promise<boolean> {
    try {
      return await this.#named(name, this.#bucket.putFileOnce(this.#keyOf(name), draft));
    } finally {
      await this.discard(draft);
    }
  }

  discard(draft: string): Promise<void> {
    return this.#drafts.discard(draft);
  }

  remove(name: string): Promise<void> {
    return this.#named(name, this.#bucket.remove(this.#keyOf(name)));
  }

  tidy(nowMs: number): Promise<void> {
    return this.#drafts.tidy(nowMs);
  }

  async prove(): Promise<void> {
    const name = `${PROOFS}/${randomBytes(8).toString('hex')}`;
    const put = (text: string) => this.#named(name, this.#bucket.putOnce(this.#keyOf(name), text, PROOF_TRIES));
    await put('first');
    try {
      const isOverwritten = await put('second');
      if (isOverwritten)
        throw new Error(
          `${this.name}: the store ignores "If-None-Match: *", so that two workers could overwrite each other: use another store, or a shared folder`,
        );
    } finally {
      await this.#briefly((bucket) => bucket.remove(this.#keyOf(name))).catch(() => undefined);
    }
  }

  async *#pages(folder: string, delimiter: string) {
    const prefix = folder === '' ? this.#prefix : this.#keyOf(`${folder}/`);
    for (let from: string | undefined; ;) {
      const page = await this.#named(folder, this.#bucket.list(prefix, delimiter, from));
      yield page;
      if (page.next === undefined) return;
      from = page.next;
    }
  }

  #keyOf(name: string): string {
    return `${this.#prefix}${name}`;
  }

  #nameOf(key: string): string {
    return key.slice(this.#prefix.length);
  }

  async #named<T>(name: string, asked: Promise<T>): Promise<T> {
    try {
      return await asked;
    } catch (error) {
      throw new Error(`${this.pathOf(name)}: ${messageOf(error)}`, {
        cause: error,
      });
    }
  }
}
