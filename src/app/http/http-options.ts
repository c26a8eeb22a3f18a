import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import type { Access } from '../../http/guard.ts';
import { refusal } from '../../lib/errno.ts';
import { bad, good, type Result } from '../../lib/result.ts';
import type { Io } from '../io.ts';
import { asNames, type AsNames } from '../report/as-names.ts';
import { systemClock } from '../system-clock.ts';

/** The options of the HTTP server. */
export interface HttpSettings {
  /** `[HOST:]PORT`; without it there is no server. */
  readonly http?: string;
  /** Every client that reaches the address may read. */
  readonly httpPublic?: boolean;
  /** File with the token that clients must send. @default $UNROUTABLE_HTTP_TOKEN */
  readonly httpToken?: string;
  /** A file or a URL of names of ASes, for the page and the API. */
  readonly asNames?: string;
  /** Folder for the copy of that URL. */
  readonly cache?: string;
}

/** Where to listen, and who may read. */
export interface HttpPlace {
  readonly host: string;
  readonly port: number;
  readonly access: Access;
  readonly names: AsNames;
}

/** Least characters of a token: shorter ones can be guessed. */
const LEAST_TOKEN = 16;

/** Reads `--http` and its related options. An address that other machines reach needs a token, or `--http-public`. */
export async function httpPlace(settings: HttpSettings, io: Io): Promise<Result<HttpPlace>> {
  const { http, httpPublic, httpToken } = settings;
  const address = /^(?:(.+):)?(\d{1,5})$/.exec(http ?? '');
  const port = Number(address?.[2]);
  if (address === null || port > 65_535)
    return bad('usage', `--http ${http}: [HOST:]PORT is needed, such as 4680 or 127.0.0.1:4680`);
  const host = (address[1] ?? '127.0.0.1').replace(/^\[(.*)\]$/, '$1');
  const token = await tokenOf(httpToken, io);
  if (!token.ok) return token;
  const isPublic = httpPublic === true;
  if (!isLoopback(host) && token.value === undefined && !isPublic)
    return bad(
      'usage',
      `--http ${http}: others can reach this address; give a token (--http-token FILE or $UNROUTABLE_HTTP_TOKEN), or say --http-public`,
    );
  const names = await asNames(settings, io, systemClock);
  if (!names.ok) return names;
  const hosts = isIP(host) === 6 ? [`[${host}]`] : [host.toLowerCase()];
  return good({ host, port, access: { isPublic, token: token.value, hosts }, names: names.value });
}

async function tokenOf(file: string | undefined, { env }: Io): Promise<Result<string | undefined>> {
  let token = env['UNROUTABLE_HTTP_TOKEN'];
  if (file !== undefined) {
    try {
      token = (await readFile(file, 'utf8')).trim();
    } catch (error) {
      return bad('files', `--http-token ${file}: ${refusal(error)}`);
    }
  }
  if (token === undefined || token === '')
    return file === undefined ? good(undefined) : bad('usage', `--http-token ${file}: it is empty`);
  return token.length < LEAST_TOKEN || /[^\x21-\x7e]/.test(token)
    ? bad('usage', `the token of --http must be ${LEAST_TOKEN} or more printable characters without spaces`)
    : good(token);
}

/** Only addresses are taken for loopback, and one name: 127.example.com may be anywhere. */
function isLoopback(host: string): boolean {
  return host.toLowerCase() === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}
