import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../../src/app/system-clock.ts';
import type { StateStore } from '../../../src/ports.ts';
import { openEmbedded, type EmbeddedOptions } from '../../../src/store/embedded/open.ts';
import type { Opened } from '../../contract/opened.ts';

/** A folder of its own, empty, and how to be rid of it. */
export function scratch(): { readonly path: string; readonly remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'unroutable-store-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** Opens what must open. */
export async function open(path: string, options: Partial<EmbeddedOptions> = {}): Promise<StateStore> {
  const opened = await openEmbedded(path, { name: 'KP', clock: systemClock, ...options });
  if (!opened.ok) throw new Error(opened.reason);
  return opened.store;
}

/** A new store in a folder, for the contract. */
export async function openFolder(options: Partial<EmbeddedOptions> = {}): Promise<Opened> {
  const { path, remove } = scratch();
  const handles: StateStore[] = [];
  const reopen = async (): Promise<StateStore> => {
    const handle = await open(path, options);
    handles.push(handle);
    return handle;
  };
  const dispose = async (): Promise<void> => {
    for (const handle of handles) await handle.close();
    remove();
  };
  return { store: await reopen(), reopen, dispose };
}
