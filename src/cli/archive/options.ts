import { InvalidArgumentError, Option, type Command } from 'commander';
import type { Project } from '../../bgp/peer.ts';
import type { Collector } from '../../bgp/peer.ts';
import type { EventTime } from '../../bgp/time.ts';
import { PUBLIC_BROKER } from '../../config/public-broker.ts';
import { BYTES_FORM, parseBytes } from '../../config/bytes.ts';
import { httpUrlFault } from '../../lib/http-url.ts';
import { asCollectors, asFile, asMoment } from '../program-options.ts';

/** The parsed options of a window of the public archives. */
export interface ArchiveOptions {
  readonly from?: EventTime;
  readonly until?: EventTime;
  readonly collectors?: readonly Collector[];
  readonly project?: Project;
  readonly cache?: string;
  readonly cacheSize?: number;
  readonly offline?: boolean;
  /** `true`: the public one. */
  readonly broker?: string | true;
  readonly contact?: string;
}

/** The options of a window of the public archives, the same for `replay` and `fetch`. */
export function addArchive(command: Command): void {
  command
    .optionsGroup('From the public archives of RIPE RIS and Route Views:')
    .option('--from <time>', 'fetch the files of this window: the dump before it, the updates since (UTC)', asMoment)
    .option('--until <time>', 'the end of the window', asMoment)
    .option(
      '--collectors <names>',
      'of these collectors: rrc00,route-views.sg (default: rrc00,route-views2)',
      asCollectors,
    )
    .addOption(
      new Option('--project <name>', 'only the default collector of this archive').choices(['ris', 'routeviews']),
    )
    .option(
      '--cache <dir>',
      'folder of the cache (default: $UNROUTABLE_CACHE, else ~/.cache/unroutable/archive)',
      asFile,
    )
    .option('--cache-size <size>', 'size of the cache; the files used longest ago are removed (default: 20G)', asBytes)
    .option('--offline', 'use only files that are in the cache')
    .option('--broker [url]', `ask a BGPKIT Broker which files there are (default: ${PUBLIC_BROKER})`, asBroker)
    .option(
      '--contact <address>',
      "for the archives' operators, in the User-Agent: your mail address or site",
      asContact,
    );
}

function asBytes(text: string): number {
  const bytes = parseBytes(text);
  if (bytes === undefined) throw new InvalidArgumentError(`It must be ${BYTES_FORM}.`);
  return bytes;
}

/** A base URL, without a slash at the end. */
function asBroker(text: string): string {
  if (httpUrlFault(text) !== undefined)
    throw new InvalidArgumentError(`It must be a URL like ${PUBLIC_BROKER}, without a user name and a password.`);
  return text.replace(/\/+$/, '');
}

function asContact(text: string): string {
  if (!/^[\x20-\x7e]{1,200}$/.test(text)) throw new InvalidArgumentError('It must be plain text of one line.');
  return text;
}
