import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Certificate {
  readonly key: string;
  readonly cert: string;
}

export interface Certificates {
  /** The authority's own certificate, in PEM. */
  readonly authority: string;
  /** For hook.test, 127.0.0.1 and ::1. */
  readonly good: Certificate;
  /** For hook.test, until the year 2001. */
  readonly expired: Certificate;
  /** For other.test. */
  readonly otherName: Certificate;
  /** For hook.test, by itself. */
  readonly selfSigned: Certificate;
}

const CONFIG = `
[ca]
default_ca = it
[it]
database = index.txt
serial = serial
new_certs_dir = .
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = supplied
[root]
basicConstraints = critical, CA:true
[leaf]
subjectAltName = $ENV::NAMES
`;

/** Makes certificates with openssl, in a folder that is gone afterwards. */
export function makeCertificates(): Certificates {
  const folder = mkdtempSync(join(tmpdir(), 'certificates-'));
  const openssl = (names: string, ...args: readonly string[]): void => {
    execFileSync('openssl', args, { cwd: folder, stdio: 'pipe', env: { ...process.env, NAMES: names } });
  };
  const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
  const keyed = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-config', 'openssl.cnf'] as const;
  const leaf = (name: string, names: string, from: string, to: string): Certificate => {
    openssl(names, 'req', ...keyed, '-subj', `/CN=${name}`, '-keyout', `${name}.key`, '-out', `${name}.csr`);
    const by = ['-config', 'openssl.cnf', '-cert', 'root.pem', '-keyfile', 'root.key', '-extensions', 'leaf'] as const;
    const span = ['-startdate', from, '-enddate', to] as const;
    openssl(names, 'ca', '-batch', '-notext', ...by, ...span, '-in', `${name}.csr`, '-out', `${name}.pem`);
    return { key: read(`${name}.key`), cert: read(`${name}.pem`) };
  };
  try {
    writeFileSync(join(folder, 'openssl.cnf'), `${CONFIG}\n[req]\ndistinguished_name = dn\n[dn]\n`);
    writeFileSync(join(folder, 'index.txt'), '');
    writeFileSync(join(folder, 'serial'), '01\n');
    const self = ['req', '-x509', '-days', '3650', ...keyed] as const;
    openssl('', ...self, '-extensions', 'root', '-subj', '/CN=test root', '-keyout', 'root.key', '-out', 'root.pem');
    const hook = 'DNS:hook.test,IP:127.0.0.1,IP:::1';
    openssl(hook, ...self, '-extensions', 'leaf', '-subj', '/CN=hook.test', '-keyout', 's.key', '-out', 's.pem');
    return {
      authority: read('root.pem'),
      good: leaf('good', hook, '20200101000000Z', '20990101000000Z'),
      expired: leaf('expired', hook, '20000101000000Z', '20010101000000Z'),
      otherName: leaf('other', 'DNS:other.test', '20200101000000Z', '20990101000000Z'),
      selfSigned: { key: read('s.key'), cert: read('s.pem') },
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
