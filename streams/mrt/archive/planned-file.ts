import type { Collector } from '../../../src/bgp/peer.ts';
import type { ContainerKind } from '../container/unpacking.ts';
import type { FileKind } from './file-name.ts';
import type { Snapshot } from '../container/packed-file.ts';

/** A file to read, with the facts known before reading. */
export interface PlannedFile {
  readonly path: string;
  readonly collector: Collector;
  readonly kind: FileKind;
  readonly container: ContainerKind;
  /** Event time in milliseconds at which it begins: by its name, or else by its first record. */
  readonly start: number;
  readonly isStartNamed: boolean;
  readonly snapshot: Snapshot;
}
