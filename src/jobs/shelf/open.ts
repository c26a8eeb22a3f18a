import { refusal } from '../../lib/errno.ts';
import { parseUrl } from '../../lib/http-url.ts';
import { bad, good, type Result } from '../../lib/result.ts';
import { FolderShelf } from './folder.ts';
import { S3Shelf } from './s3.ts';
import type { S3Means } from './s3-bucket.ts';
import type { Shelf } from './shelf.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** What a shelf needs of the program. */
export interface ShelfMeans extends S3Means {
  readonly env: Env;
}

const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

/** Whether it is the address of a store rather than the path of a folder. */
export function isS3(place: string): boolean {
  return /^s3:\/\//i.test(place);
}

/**
 * The shelf of a folder, or of `s3://bucket/prefix`. Credentials come only from the environment, from the variables
 * that AWS tools use. An address that contains credentials is refused, and the message does not repeat it.
 */
export function openShelf(place: string, { env, ...means }: ShelfMeans): Result<Shelf> {
  if (!isS3(place)) return good(new FolderShelf(place));
  const [, bucket = '', rest = ''] = /^s3:\/\/([^/]*)\/?(.*)$/is.exec(place) ?? [];
  if (bucket.includes('@') || bucket.includes(':'))
    return bad(
      'usage',
      'an s3:// address holds no credentials: give them in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY',
    );
  if (!BUCKET.test(bucket)) return bad('usage', `${place}: an address of a store is like s3://bucket/prefix`);
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN: token } = env;
  const region = given(env, 'AWS_REGION') ?? given(env, 'AWS_DEFAULT_REGION') ?? 'us-east-1';
  if (!accessKeyId || !secretAccessKey)
    return bad('usage', `${place}: there are no credentials in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY`);
  const endpoint =
    given(env, 'AWS_ENDPOINT_URL_S3') ?? given(env, 'AWS_ENDPOINT_URL') ?? `https://s3.${region}.amazonaws.com`;
  if (!isEndpoint(endpoint))
    return bad('usage', 'AWS_ENDPOINT_URL must be a URL like https://s3.example.org, without credentials');
  const access = { endpoint: endpoint.replace(/\/+$/, ''), region, bucket, accessKeyId, secretAccessKey };
  return good(new S3Shelf({ ...access, ...(token && { sessionToken: token }) }, rest.replace(/^\/+|\/+$/g, ''), means));
}

/** The shelf, if it passes the test of its promise; otherwise `store`. */
export async function provenShelf(place: string, means: ShelfMeans): Promise<Result<Shelf>> {
  const shelf = openShelf(place, means);
  if (!shelf.ok) return shelf;
  try {
    await shelf.value.prove();
    return shelf;
  } catch (error) {
    return means.signal.aborted ? bad('interrupted') : bad('store', refusal(error));
  }
}

function given(env: Env, name: string): string | undefined {
  const value = env[name];
  return value === undefined || value === '' ? undefined : value;
}

function isEndpoint(text: string): boolean {
  const url = parseUrl(text);
  if (url === undefined) return false;
  const { protocol, username, password } = url;
  return /^https?:$/.test(protocol) && username === '' && password === '';
}
