import { dirname, basename } from 'node:path';

/** Names of folders that do not name a collector: kinds of files, years, months, days. */
const NOT_A_COLLECTOR =
  /^(?:ribs?|bviews?|tables?|dumps?|updates?|bgpdata|mrt|\d{2}|\d{4}|\d{4}[._-]?\d{2}(?:[._-]?\d{2})?)$/i;

interface File {
  readonly path: string;
  readonly kind: 'rib' | 'updates';
  /** Event time in milliseconds at which it begins. */
  readonly start: number;
}

/**
 * Why files whose paths name no collector cannot be read together, in words; `undefined` when they can. Two collectors
 * that were taken for one would take each other's votes and deny each other's routes. Files are taken for one
 * collector's when all dumps lie in one folder, and all updates in one; subfolders for kinds and dates do not count.
 * Two files of one kind and one time in one folder, whose names begin otherwise (`fra-updates.…`, `ams-updates.…`), are
 * of two collectors.
 */
export function conflictOf(files: readonly File[]): string | undefined {
  for (const kind of ['rib', 'updates'] as const) {
    const folders = [...new Set(files.filter((file) => file.kind === kind).map(({ path }) => folderOf(path)))].sort();
    const [first, second] = folders;
    if (first === undefined || second === undefined) continue;
    const more = folders.length === 2 ? '' : ` (and ${folders.length - 2} more folders)`;
    return (
      `no path names the collector of the files in ${first} and in ${second}${more}: give each collector's files a folder ` +
      'of its name (rrc00, route-views.sg, NAME/2014.12), or read one at a time with --collector NAME'
    );
  }
  return mixedIn(files);
}

/**
 * Why files whose paths name no collector cannot be read together with those of named ones: they are all dumps, or all
 * updates, and a named collector has none of this kind. They may be its own files: then the peers of a dump would never
 * send anything, and their routes would never be withdrawn. `undefined` when they can be read.
 */
export function strangersOf(
  unnamed: readonly File[],
  files: readonly (File & { readonly collector: string })[],
): string | undefined {
  const [first] = unnamed;
  if (first === undefined || unnamed.some(({ kind }) => kind !== first.kind)) return undefined;
  const named = files.filter((file) => !unnamed.includes(file));
  const others = [...new Set(named.map(({ collector }) => collector))].sort();
  const lacking = others.find((name) =>
    named.every(({ collector, kind }) => collector !== name || kind !== first.kind),
  );
  if (lacking === undefined) return undefined;
  const what = first.kind === 'rib' ? 'the table dump' : 'the updates in';
  return (
    `no path names the collector of ${what} ${first.path}, and ${lacking} has no ${first.kind === 'rib' ? 'table dump' : 'updates'}: put ` +
    `files of ${lacking} into its folder, or say whose they are with --collector NAME`
  );
}

/** Why the files of one folder are not of one collector. */
function mixedIn(files: readonly File[]): string | undefined {
  const known = new Map<string, File>();
  for (const file of files) {
    const { path, kind, start } = file;
    const place = `${dirname(path)} ${kind} ${start}`;
    const other = known.get(place);
    known.set(place, other ?? file);
    if (other === undefined || beginOf(other.path) === beginOf(path)) continue;
    return (
      `${basename(other.path)} and ${basename(path)} in ${dirname(path)} are of the same time and of two collectors, and their paths ` +
      "do not tell which: give each collector's files a folder of its name (rrc00, route-views.sg, NAME/2014.12)"
    );
  }
  return undefined;
}

/** The part of a name before the kind and the date. */
function beginOf(path: string): string {
  return basename(path).replace(/(?:(?:bview|ribs?|view|table|dump|updates?|upd)[._-]?)?\d.*$/i, '');
}

function folderOf(path: string): string {
  let folder = dirname(path);
  while (NOT_A_COLLECTOR.test(basename(folder)) && dirname(folder) !== folder) folder = dirname(folder);
  return folder;
}
