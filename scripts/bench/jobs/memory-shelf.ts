import type { Pages } from '../../../streams/extract/pages.ts';
import type { Shelf } from '../../../src/jobs/shelf/shelf.ts';

/** A shelf of this process: it costs nothing, so that only the queue is measured. Small files alone. */
export class MemoryShelf implements Shelf {
  readonly name = 'memory';
  /** By folder: a run asks again and again for all that is in one. */
  readonly #folders = new Map<string, Map<string, string>>();

  pathOf(name: string): string {
    return `memory/${name}`;
  }

  async has(name: string): Promise<boolean> {
    return this.#textOf(name) !== undefined;
  }

  async read(name: string): Promise<string | undefined> {
    return this.#textOf(name);
  }

  async list(folder: string): Promise<readonly string[]> {
    return [...(this.#folders.get(folder)?.keys() ?? [])];
  }

  async folders(folder: string): Promise<readonly string[]> {
    const names = [...this.#folders.keys()].filter((name) => name.startsWith(`${folder}/`));
    return [...new Set(names.map((name) => name.slice(folder.length + 1).split('/')[0] ?? ''))];
  }

  async putOnce(name: string, text: string): Promise<boolean> {
    if (this.#textOf(name) !== undefined) return false;
    const files = this.#folders.get(folderOf(name)) ?? new Map<string, string>();
    this.#folders.set(folderOf(name), files.set(name, text));
    return true;
  }

  async remove(name: string): Promise<void> {
    this.#folders.get(folderOf(name))?.delete(name);
  }

  async tidy(): Promise<void> {}
  async prove(): Promise<void> {}
  async discard(): Promise<void> {}

  open(): Promise<Pages> {
    throw new Error('no task of the simulation reads');
  }

  draft(): Promise<string> {
    throw new Error('no task of the simulation writes a file');
  }

  publish(): Promise<boolean> {
    throw new Error('no task of the simulation writes a file');
  }

  #textOf(name: string): string | undefined {
    return this.#folders.get(folderOf(name))?.get(name);
  }
}

function folderOf(name: string): string {
  return name.slice(0, name.lastIndexOf('/'));
}
