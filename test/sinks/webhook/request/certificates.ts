import { dnsName, ipName, makeAuthority, makeSelfSigned, type Certificate } from '../../../support/certificates.ts';

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

const LOOPBACK = [ipName([127, 0, 0, 1]), ipName([...Array<number>(15).fill(0), 1])];
const HOOK = { name: 'hook.test', names: [dnsName('hook.test'), ...LOOPBACK] };

/** What receivers of webhooks may show. */
export function makeCertificates(): Certificates {
  const { cert, issue } = makeAuthority('test root');
  return {
    authority: cert,
    good: issue(HOOK),
    expired: issue({ ...HOOK, from: '20000101000000Z', to: '20010101000000Z' }),
    otherName: issue({ name: 'other.test', names: [dnsName('other.test')] }),
    selfSigned: makeSelfSigned(HOOK),
  };
}
