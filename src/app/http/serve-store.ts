import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock, StateStore } from '../../ports.ts';
import { serveHttp, type HttpServer } from '../../http/server.ts';
import { bad, good, refusal, type Result } from '../../lib/result.ts';
import { packageRoot, packageVersion } from '../package-root.ts';
import type { HttpPlace } from './http-options.ts';

/** A store that is served over HTTP. */
export interface Served {
  readonly store: StateStore;
  readonly clock: Clock;
  readonly unready: () => Promise<string | undefined>;
}

/** Serves the page and the API of a store at this place until `signal` aborts. */
export async function serveStore(place: HttpPlace, served: Served, signal: AbortSignal): Promise<Result<HttpServer>> {
  const folder = join(packageRoot(), 'dist/page');
  const page = existsSync(join(folder, 'index.html.gz')) ? folder : undefined;
  try {
    return good(await serveHttp({ ...place, ...served, page, version: packageVersion() }, signal));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    const reason = REASONS[code] ?? refusal(error);
    return bad('usage', `--http ${place.host}:${place.port}: ${reason}`);
  }
}

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program listens there',
  EADDRNOTAVAIL: 'this machine has no such address',
  ENOTFOUND: 'there is no host of this name',
  EACCES: 'you may not listen there; ports below 1024 are for the administrator',
};
