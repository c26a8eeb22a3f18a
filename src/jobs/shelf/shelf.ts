import type { Pages } from '../../../streams/extract/pages.ts';

/**
 * Where many machines put what they made: each file appears once and whole, whoever writes it and however often. Of several
 * that write the same name at once, one wins, and the others learn that it was there. Names are relative, with slashes; a
 * name that begins with a dot is of no file. Methods throw errors whose message can be shown: another try may help.
 */
export interface Shelf {
  /** For people: the path of a folder, or `s3://bucket/prefix`. */
  readonly name: string;
  /** Where a file of this name is or would be, in the words of the command line. */
  pathOf(name: string): string;
  /** Whether it is there. */
  has(name: string): Promise<boolean>;
  /** The text of a small file; `undefined` where there is none. */
  read(name: string): Promise<string | undefined>;
  /** Opens a file to read parts of it. */
  open(name: string): Promise<Pages>;
  /** The names of the files in a folder and below, sorted; none where there is no such folder. */
  list(folder: string): Promise<readonly string[]>;
  /** The names of the folders in a folder, sorted. */
  folders(folder: string): Promise<readonly string[]>;
  /** Writes a small file. `false`: it was there already, and is as it was. */
  putOnce(name: string, text: string): Promise<boolean>;
  /** A path on this machine to write a file of this name to; its folder is made. Give it to `publish` or `discard`. */
  draft(name: string): Promise<string>;
  /** Gives a file that was written whole its name, and removes the draft. `false`: it was there already, and is as it was. */
  publish(draft: string, name: string): Promise<boolean>;
  /** Removes a draft, if it is there. */
  discard(draft: string): Promise<void>;
  /** Removes a file, if it is there. */
  remove(name: string): Promise<void>;
  /** Removes the drafts of processes that were killed: of this host if they do not run any more, and old ones. `nowMs`: epoch. */
  tidy(nowMs: number): Promise<void>;
  /** Tries whether the place keeps the promise of one winner. Throws when it does not, or cannot be used. */
  prove(): Promise<void>;
}
