import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { guardian } from './guardian.ts';

/** An authority of the test's own, and what it has signed: for servers on 127.0.0.1 and localhost, and for a client. PEM. */
export interface Certificates {
  readonly ca: string;
  readonly clientCert: string;
  readonly clientKey: string;
  readonly files: {
    readonly ca: string;
    readonly serverCert: string;
    readonly serverKey: string;
    readonly clientCert: string;
    readonly clientKey: string;
  };
}

const run = promisify(execFile);
const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

/**
 * Makes certificates, which hold for a day and are gone with this process.
 *
 * @throws where there is no openssl (1.1.1 or newer), for Node.js itself cannot sign certificates.
 */
export async function makeCertificates(): Promise<Certificates> {
  const folder = guardian().folder();
  const path = (name: string) => join(folder, name);
  // Of its own, so that nobody's openssl.cnf adds to what we ask for.
  await writeFile(path('conf'), '[req]\ndistinguished_name=dn\n[dn]\n');
  await openssl(
    folder,
    [...KEY, '-keyout', 'ca.key', '-out', 'ca.crt', '-subj', '/CN=test authority'],
    ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,keyCertSign'],
  );
  await Promise.all([
    signed(folder, 'server', 'subjectAltName=DNS:localhost,IP:127.0.0.1'),
    signed(folder, 'client', 'extendedKeyUsage=clientAuth'),
  ]);
  return {
    ca: await readFile(path('ca.crt'), 'utf8'),
    clientCert: await readFile(path('client.crt'), 'utf8'),
    clientKey: await readFile(path('client.key'), 'utf8'),
    files: {
      ca: path('ca.crt'),
      serverCert: path('server.crt'),
      serverKey: path('server.key'),
      clientCert: path('client.crt'),
      clientKey: path('client.key'),
    },
  };
}

/** `openssl req` signs with another's key only since 3.0; `openssl x509` always did. */
async function signed(folder: string, name: string, extension: string): Promise<void> {
  await writeFile(join(folder, `${name}.ext`), `${extension}\n`);
  const request = ['req', '-new', '-config', 'conf', ...KEY, '-keyout', `${name}.key`, '-out', `${name}.csr`];
  await call(folder, [...request, '-subj', `/CN=test ${name}`]);
  const issuer = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-set_serial', name === 'server' ? '2' : '3'];
  const output = ['-in', `${name}.csr`, '-out', `${name}.crt`, '-days', '1', '-extfile', `${name}.ext`];
  await call(folder, ['x509', '-req', ...output, ...issuer]);
}

async function openssl(folder: string, args: readonly string[], extensions: readonly string[]): Promise<void> {
  const added = extensions.flatMap((extension) => ['-addext', extension]);
  await call(folder, ['req', '-x509', '-config', 'conf', '-days', '1', ...args, ...added]);
}

async function call(folder: string, args: readonly string[]): Promise<void> {
  try {
    await run('openssl', args, { cwd: folder });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new Error('the tests of TLS make their certificates by openssl, which is not on PATH: install openssl', {
      cause: error,
    });
  }
}
