import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { printable } from '../../report/printable.ts';
import { wrapped } from '../../report/wrap.ts';
import { EXIT, type ExitStatus } from '../exit-status.ts';
import { complain, paintFor, widthOf, type Io } from '../../app/io.ts';
import { packageRoot } from '../../app/package-root.ts';
import { publishedLines, type Published, type Sources } from './published.ts';
import { replayed } from '../replay/replay.ts';
import { didYouMean } from '../../config/suggest.ts';

/** A known incident that comes with the program: incidents/README.md says how each was made. */
interface KnownIncident {
  readonly name: string;
  readonly folder: string;
  readonly title: string;
  /** That it is a reconstruction, and of what. Shown wherever it is. */
  readonly label: string;
  readonly territory: string;
  readonly window: { readonly from: string; readonly until: string };
  readonly published: readonly Published[];
  readonly sources: Sources;
}

/** `unroutable incidents` */
export async function listIncidents(io: Io): Promise<ExitStatus> {
  const incidents = await knownIncidents();
  const width = widthOf(io.stdout);
  const lines = incidents.flatMap(({ name, title, label, window }) => [
    `${name}  ${title}`,
    ...wrapped(`${window.from} to ${window.until}. ${label}.`, width - 12).map((line) => `            ${line}`),
  ]);
  const text = [...lines, '', 'unroutable demo NAME replays one.'].map((line) => `${printable(line)}\n`).join('');
  io.stdout.write(text);
  return EXIT.done;
}

/** `unroutable demo NAME`: the incident through the same command as any archive, then what was published; or as if it were live. */
export async function demo(name: string, { live }: { readonly live?: boolean }, io: Io): Promise<ExitStatus> {
  const incidents = await knownIncidents();
  const incident = incidents.find((known) => known.name === name);
  if (incident === undefined) {
    const names = incidents.map((known) => known.name);
    complain(io, `${name}: there is no such incident${didYouMean(name, names)} (known: ${names.join(', ')})`);
    return EXIT.usage;
  }
  const paint = paintFor(io, undefined, io.stdout.isTTY === true);
  const width = widthOf(io.stdout);
  const write = (lines: readonly string[]) => io.stdout.write(lines.map((line) => `${line}\n`).join(''));
  write([
    paint('strong', printable(incident.title)),
    ...wrapped(printable(`(${incident.label})`), width).map((line) => paint('dim', line)),
    '',
  ]);

  if (live === true) {
    const { demoLive } = await import('./demo-live.ts');
    return demoLive(incident.folder, incident.territory, io);
  }
  const { status, outcome } = await replayed(
    [incident.folder],
    { format: 'text', territory: [incident.territory], settings: {} },
    io,
  );
  if (outcome === undefined || status !== EXIT.done) return status;
  const told = publishedLines(incident.published, outcome.events, { sources: incident.sources, paint, width });
  if (told.length > 0) write(['', ...told]);
  return status;
}

async function knownIncidents(): Promise<readonly KnownIncident[]> {
  const root = join(packageRoot(), 'incidents');
  const entries = await readdir(root, { withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return Promise.all(folders.sort().map((name) => readIncident(name, join(root, name))));
}

/** Our own file, which the tests of `incidents/` check: it needs no schema here. */
async function readIncident(name: string, folder: string): Promise<KnownIncident> {
  const text = await readFile(join(folder, 'incident.yaml'), 'utf8');
  return { ...(parse(text) as Omit<KnownIncident, 'name' | 'folder'>), name, folder };
}
