import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock, StateStore } from '../../ports.ts';
import { serveHttp, type HttpMetrics, type HttpServer } from '../../http/server.ts';
import { listenRefusal } from '../../lib/errno.ts';
import { bad, good, type Result } from '../../lib/result.ts';
import { packageRoot, packageVersion } from '../package-root.ts';
import { storeReadings } from '../metrics/store-readings.ts';
import type { Meter } from '../metrics/meter.ts';
import type { HttpPlace } from './http-options.ts';

/** A store that is served over HTTP. */
export interface Served {
  readonly store: StateStore;
  readonly clock: Clock;
  readonly unready: () => Promise<string | undefined>;
  /** The meter for /metrics. */
  readonly meter: Meter;
  /** Why the store cannot be read at all: another version wrote it. The page and the API answer only this. */
  readonly unreadable?: string | undefined;
}

/** Serves the page and the API of a store at this address until `signal` aborts. */
export async function serveStore(place: HttpPlace, served: Served, signal: AbortSignal): Promise<Result<HttpServer>> {
  const folder = join(packageRoot(), 'dist/page');
  const page = existsSync(join(folder, 'index.html.gz')) ? folder : undefined;
  try {
    const metrics = metricsOf(served);
    return good(await serveHttp({ ...place, ...served, metrics, page, version: packageVersion() }, signal));
  } catch (error) {
    return bad('usage', `--http ${place.host}:${place.port}: ${listenRefusal(error)}`);
  }
}

/** Readings of the store, readiness, and the server's own counts. */
function metricsOf({ store, unready, meter }: Served): HttpMetrics {
  meter.add(() => [['unroutable_build_info', 1, { version: packageVersion() }]]);
  meter.add(() => storeReadings(store));
  meter.add(async () => {
    const reason = await unready().catch(() => 'the store does not answer');
    return [['unroutable_ready', reason === undefined ? 1 : 0]];
  });
  return {
    contentType: meter.contentType,
    text: () => meter.text(),
    answered: (status) => meter.count('unroutable_http_requests_total', { code: String(status) }),
    listening: (readers) => meter.add(() => [['unroutable_http_stream_readers', readers()]]),
  };
}
