import type { Pages } from '../../../streams/extract/pages.ts';

/**
 * The place where many machines publish their files. Each file appears once and complete, even when several machines
 * write it. If several writers use the same name, one wins, and the others learn that the file exists. Names are
 * relative, with slashes; file names do not start with a dot. Methods throw errors whose message can be shown; another
 * try may help.
 */
export interface Shelf {
  /** For people: the path of a folder, or `s3://bucket/prefix`. */
  readonly name: string;
  /** The path or address of a file with this name, in the form that the command line takes. */
  pathOf(name: string): string;
  /** Whether it is there. */
  has(name: string): Promise<boolean>;
  /** The text of a small file; `undefined` if it does not exist. */
  read(name: string): Promise<string | undefined>;
  /** Opens a file to read parts of it. */
  open(name: string): Promise<Pages>;
  /** The names of the files in a folder and below, sorted; empty if there is no such folder. */
  list(folder: string): Promise<readonly string[]>;
  /** The names of the folders in a folder, sorted. */
  folders(folder: string): Promise<readonly string[]>;
  /** Writes a small file. `false`: it already exists and is unchanged. */
  putOnce(name: string, text: string): Promise<boolean>;
  /** A path on this machine to write a file of this name to; its folder is made. Give it to `publish` or `discard`. */
  draft(name: string): Promise<string>;
  /**
   * Publishes a complete draft under its name, and removes the draft. `false`: the file already exists and is
   * unchanged.
   */
  publish(draft: string, name: string): Promise<boolean>;
  /** Removes a draft, if it is there. */
  discard(draft: string): Promise<void>;
  /** Removes a file, if it is there. */
  remove(name: string): Promise<void>;
  /**
   * Removes drafts that killed processes left: those of processes of this host that no longer run, and old ones.
   * `nowMs`: epoch.
   */
  tidy(nowMs: number): Promise<void>;
  /**
   * Tests whether exactly one of several writers wins here. Throws when that is not so, or when the place cannot be
   * used.
   */
  prove(): Promise<void>;
}
