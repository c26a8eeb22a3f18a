import type { ProbeTarget } from '../../src/bgp/probe.ts';
import { askForSoa } from './dns.ts';
import { withinTime, type AskingOptions, type Asking, type Finding } from './finding.ts';
import { askForHead } from './http.ts';
import { askForBanner, askTcp, askTls } from './tcp.ts';

/**
 * Probes one target once. Never throws.
 *
 * @returns `undefined`: `signal` aborted first.
 */
export function ask(target: ProbeTarget, options: AskingOptions, signal: AbortSignal): Promise<Finding | undefined> {
  return withinTime((settle) => begin(target, options, settle), options.timeoutMs, signal);
}

function begin(target: ProbeTarget, options: AskingOptions, settle: (finding: Finding) => void): Asking {
  switch (target.kind) {
    case 'dns-soa':
      return askForSoa(target, settle);
    case 'tcp':
      return askTcp(target, settle);
    case 'tls':
      return askTls(target, settle);
    case 'http-head':
      return askForHead(target, options, settle);
    case 'smtp-banner':
      return askForBanner(target, settle);
  }
}
