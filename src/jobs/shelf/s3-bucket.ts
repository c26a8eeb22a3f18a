import { createHash } from 'node:crypto';
import { createReadStream, type ReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { AwsV4Signer } from 'aws4fetch';
import { bodyOf, fetchFault, isPassing } from '../../../streams/http/answer.ts';
import { persistently, type Tried } from '../../../streams/http/persistently.ts';
import { fetchByProxy } from '../../lib/proxy.ts';
import { retryAfterMs } from '../../lib/retry-after.ts';
import { within } from '../../lib/within.ts';
import type { Clock } from '../../ports.ts';
import { hashedFile } from './hashed-file.ts';

/** The address of a bucket, and the credentials for it. */
export interface S3Access {
  /** `https://s3.eu-central-1.amazonaws.com` */
  readonly endpoint: string;
  readonly region: string;
  readonly bucket: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Only with temporary credentials. */
  readonly sessionToken?: string;
}

/** What requests to a store need besides its address. */
export interface S3Means {
  readonly clock: Clock;
  /** 0 to 1, 1 excluded: jitter. */
  readonly random: () => number;
  /** Ends requests under way, and the waits between them. */
  readonly signal: AbortSignal;
}

/**
 * The store answered with an error. The message names the status and the store's code, and nothing else of the answer.
 */
export class S3Refusal extends Error {
  readonly status: number;

  constructor(status: number, code: string | undefined) {
    super(`the store answered ${status}${code === undefined ? '' : ` (${code})`}${ADVICE[status] ?? ''}`);
    this.status = status;
  }
}

/** One request. */
interface S3Request {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'DELETE';
  readonly key: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Body;
}

interface Body {
  readonly sha256: string;
  readonly bytes: number;
  /** Called for each try, which sends the body from its beginning. */
  readonly open: () => string | ReadStream;
}

const ADVICE: Readonly<Record<number, string>> = {
  301: ': the bucket is in another region, see AWS_REGION',
  307: ': the bucket is in another region, see AWS_REGION',
  401: ': look at the credentials in the environment',
  403: ': look at the credentials in the environment and at the rights of their owner',
};
/** Conflict: another writer used the same name at this moment. */
const CONFLICT = 409;
const TRIES = 6;
/** Waits between tries. Milliseconds. */
const WAITS = { firstMs: 300, mostMs: 10_000 };
/** The longest wait that the store may ask for. Milliseconds. */
const LONGEST_RETRY_AFTER_MS = 60_000;
const ANSWER_WITHIN_MS = 60_000;
/** Most bytes of an answer: a manifest of 20 years of all collectors has some 20 MB. */
const MOST_BYTES = 256 * 2 ** 20;
/** A connection slower than this, in bytes per millisecond, counts as broken. */
const SLOWEST = 50;
const NOTHING: Body = { sha256: createHash('sha256').digest('hex'), bytes: 0, open: () => '' };

/**
 * The few requests that a shelf needs, to any store that speaks S3 with signature version 4. The bucket is part of the
 * path. Temporary failures are retried with growing pauses. Files are sent piece by piece and never wholly in memory.
 * When the signal aborts, each method throws.
 */
export class S3Bucket {
  readonly #access: S3Access;
  readonly #means: S3Means;
  readonly #keys = new Map<string, ArrayBuffer>();

  constructor(access: S3Access, means: S3Means) {
    this.#access = access;
    this.#means = means;
  }

  /**
   * Writes an object unless one with this key exists. `false`: it exists. `tries`: attempts in all if the store does
   * not answer.
   */
  async putOnce(key: string, text: string, tries = TRIES): Promise<boolean> {
    const sha256 = createHash('sha256').update(text).digest('hex');
    return this.#putOnce(key, { sha256, bytes: Buffer.byteLength(text), open: () => text }, tries);
  }

  /** Writes a local file as an object, in the same way. */
  async putFileOnce(key: string, path: string): Promise<boolean> {
    const [{ size }, { sha256 }] = [await stat(path), await hashedFile(path, this.#means.signal)];
    return this.#putOnce(key, { sha256, bytes: size, open: () => (size > 0 ? createReadStream(path) : '') });
  }

  /** Whether an object with this key exists. */
  async has(key: string): Promise<boolean> {
    const { status } = await this.#ask({ method: 'HEAD', key }, [404]);
    return status !== 404;
  }

  /** A whole object; `undefined` if it does not exist. */
  async get(key: string): Promise<Buffer | undefined> {
    const { status, body } = await this.#ask({ method: 'GET', key }, [404]);
    return status === 404 ? undefined : body;
  }

  /**
   * A part of an object (`bytes=0-99`, `bytes=-100`), and the size of the whole. Throws if the object does not exist.
   */
  async part(key: string, range: string): Promise<{ readonly bytes: Buffer; readonly size: number }> {
    const { status, headers, body } = await this.#ask({ method: 'GET', key, headers: { range } }, [416]);
    if (status === 416) return { bytes: Buffer.alloc(0), size: 0 };
    const [, size] = /\/(\d+)$/.exec(headers.get('content-range') ?? '') ?? [];
    return { bytes: body, size: size === undefined ? body.length : Number(size) };
  }

  /** Removes an object, if it is there. */
  async remove(key: string): Promise<void> {
    await this.#ask({ method: 'DELETE', key }, [404]);
  }

  /** A page of the keys with this prefix, and of their common prefixes up to the next delimiter. */
  async list(prefix: string, delimiter: string, from?: string): Promise<S3Page> {
    const query = {
      'list-type': '2',
      prefix,
      ...(delimiter !== '' && { delimiter }),
      ...(from !== undefined && { 'continuation-token': from }),
    };
    const { body } = await this.#ask({ method: 'GET', key: '', query }, []);
    const text = body.toString('utf8');
    const [next] = textsOf(text, 'NextContinuationToken');
    return {
      keys: textsOf(text, 'Key'),
      prefixes: text.match(/<CommonPrefixes>.*?<\/CommonPrefixes>/gs)?.flatMap((one) => textsOf(one, 'Prefix')) ?? [],
      ...(next !== undefined && { next }),
    };
  }

  async #putOnce(key: string, body: Body, tries = TRIES): Promise<boolean> {
    const asked: S3Request = { method: 'PUT', key, headers: { 'if-none-match': '*' }, body };
    const { status } = await this.#ask(asked, [412], tries);
    return status !== 412;
  }

  /** Throws unless the request succeeds or the status is one of these. */
  async #ask(asked: S3Request, expected: readonly number[], attempts = TRIES): Promise<S3Answer> {
    const { signal } = this.#means;
    const how = { ...this.#means, waits: WAITS, attempts };
    const outcome = await persistently(() => this.#tried(asked, expected), how, signal);
    signal.throwIfAborted();
    if (outcome instanceof Error) throw outcome;
    return outcome;
  }

  async #tried(asked: S3Request, expected: readonly number[]): Promise<Tried<S3Answer | Error>> {
    const { clock, signal } = this.#means;
    const withinMs = ANSWER_WITHIN_MS + Math.ceil((asked.body?.bytes ?? 0) / SLOWEST);
    try {
      const answer = await within(clock, withinMs, signal, (limit) => this.#once(asked, limit));
      if (answer === undefined)
        return {
          outcome: new Error(`the store's answer is larger than ${MOST_BYTES / 2 ** 20} MiB`),
          againMs: undefined,
        };
      const { status, headers, body } = answer;
      if (status < 300 || expected.includes(status)) return { outcome: answer, againMs: undefined };
      const [code] = textsOf(body.toString('utf8'), 'Code');
      const mayPass = isPassing(status) || status === CONFLICT;
      const afterMs = retryAfterMs(headers.get('retry-after'), clock.wallMs(), LONGEST_RETRY_AFTER_MS) ?? 0;
      return { outcome: new S3Refusal(status, code), againMs: mayPass ? afterMs : undefined };
    } catch (error) {
      return { outcome: new Error(`the store cannot be reached: ${fetchFault(error)}`), againMs: 0 };
    }
  }

  /** `undefined`: the answer is too large. */
  async #once(
    { method, key, query, headers, body = NOTHING }: S3Request,
    signal: AbortSignal,
  ): Promise<S3Answer | undefined> {
    const { endpoint, region, bucket, ...credentials } = this.#access;
    const path = [bucket, ...key.split('/')].map(encodeURIComponent).join('/');
    const signer = new AwsV4Signer({
      method,
      url: `${endpoint}/${path}?${new URLSearchParams(query).toString().replaceAll('+', '%20')}`,
      headers: { ...headers, 'x-amz-content-sha256': body.sha256 },
      ...credentials,
      service: 's3',
      region,
      cache: this.#keys,
    });
    const signed = await signer.sign();
    if (method === 'PUT') signed.headers.set('content-length', String(body.bytes));
    const sent = method === 'PUT' ? body.open() : undefined;
    try {
      const response = await fetchByProxy(signed.url, {
        method,
        headers: signed.headers,
        redirect: 'manual',
        signal,
        ...(sent !== undefined && { body: sent as NonNullable<RequestInit['body']>, duplex: 'half' as const }),
      });
      const bytes = await bodyOf(response, MOST_BYTES);
      return bytes === undefined ? undefined : { status: response.status, headers: response.headers, body: bytes };
    } finally {
      // A request that fails before it reads its body leaves the file open.
      if (typeof sent === 'object') sent.destroy();
    }
  }
}

/** Keys, and common prefixes of keys. */
export interface S3Page {
  readonly keys: readonly string[];
  readonly prefixes: readonly string[];
  /** Where the next page begins. */
  readonly next?: string;
}

interface S3Answer {
  readonly status: number;
  readonly headers: Pick<Headers, 'get'>;
  readonly body: Buffer;
}

/** The texts of all elements with this name. S3 lists are flat: no element contains another of the same name. */
function textsOf(xml: string, name: string): readonly string[] {
  return [...xml.matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, 'g'))].map(([, text = '']) => unescaped(text));
}

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

function unescaped(text: string): string {
  return text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (whole, hex?: string, decimal?: string, name?: string) => {
    if (name !== undefined) return ENTITIES[name] ?? whole;
    return String.fromCodePoint(hex === undefined ? Number(decimal) : Number.parseInt(hex, 16));
  });
}
