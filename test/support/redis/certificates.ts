import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dnsName, ipName, makeAuthority } from '../certificates.ts';
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

/** Makes certificates. Their files are removed with this process. */
export async function makeCertificates(): Promise<Certificates> {
  const { cert: ca, issue } = makeAuthority('test authority');
  const server = issue({ name: 'test server', names: [dnsName('localhost'), ipName([127, 0, 0, 1])] });
  const client = issue({ name: 'test client', isClient: true });

  const folder = guardian().folder();
  const written = async (name: string, text: string): Promise<string> => {
    const path = join(folder, name);
    await writeFile(path, text);
    return path;
  };
  return {
    ca,
    clientCert: client.cert,
    clientKey: client.key,
    files: {
      ca: await written('ca.crt', ca),
      serverCert: await written('server.crt', server.cert),
      serverKey: await written('server.key', server.key),
      clientCert: await written('client.crt', client.cert),
      clientKey: await written('client.key', client.key),
    },
  };
}
