import { request as requestPlain } from 'node:http';
import { request as requestTls } from 'node:https';
import type { Socket } from 'node:net';
import { getProxyForUrl } from 'proxy-from-env';
import type { ProxyAgent } from 'undici';
import { parseUrl } from './http-url.ts';
import { hostPort } from '../bgp/host-port.ts';

/**
 * The proxy for a URL from the environment: `HTTPS_PROXY` for https and wss, `HTTP_PROXY` for http and ws, `ALL_PROXY`
 * for both, also in lower case; none for the hosts of `NO_PROXY` (`*`: all hosts). Node's own switch,
 * `NODE_USE_ENV_PROXY`, is not needed, and changes nothing.
 *
 * @returns `undefined`: the URL is reached directly.
 * @throws Error when the environment names a proxy that cannot be used. The message omits its value, which may contain
 * a password.
 */
export function proxyOf(url: string | URL): URL | undefined {
  const text = getProxyForUrl(String(url).replace(/^ws/i, 'http'));
  if (text === '') return undefined;
  const proxy = parseUrl(text);
  if (proxy?.protocol === 'http:' || proxy?.protocol === 'https:') return proxy;
  throw new Error('the proxy of HTTPS_PROXY, HTTP_PROXY or ALL_PROXY must be a URL like http://proxy.example:3128');
}

/** For logs: without the password. */
export function shownProxy({ protocol, host }: URL): string {
  return `${protocol}//${host}`;
}

/** `fetch`, through the proxy of the environment where there is one. Redirects go through the same proxy. */
export async function fetchByProxy(url: string | URL, init: RequestInit): Promise<Response> {
  const proxy = proxyOf(url);
  if (proxy === undefined) return fetch(url, init);
  const { ProxyAgent: Agent, fetch: fetchVia } = await import('undici');
  const dispatcher = (agents[proxy.href] ??= new Agent({ uri: proxy.href }));
  const answer: unknown = await fetchVia(url, { ...(init as object), dispatcher });
  return answer as Response;
}

/** Connections to a proxy stay open and are used again. */
const agents: Record<string, ProxyAgent> = {};

/** The target of a tunnel. */
export interface Tunnelled {
  /** A name or an address, without brackets. */
  readonly host: string;
  readonly port: number;
}

/**
 * Opens a tunnel through a proxy: CONNECT of RFC 9110 section 9.3.6.
 *
 * @returns the socket to the target.
 * @throws Error with the reason: the proxy's status, or what broke.
 */
export function tunnel(proxy: URL, { host, port }: Tunnelled, signal: AbortSignal): Promise<Socket> {
  const path = hostPort(host, port);
  const credentials = [proxy.username, proxy.password].map(decodeURIComponent).join(':');
  const authorization = `Basic ${Buffer.from(credentials).toString('base64')}`;
  const asking = (proxy.protocol === 'https:' ? requestTls : requestPlain)({
    host: proxy.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: proxy.port === '' ? (proxy.protocol === 'https:' ? 443 : 80) : Number(proxy.port),
    method: 'CONNECT',
    path,
    headers: { host: path, ...(credentials === ':' ? {} : { 'proxy-authorization': authorization }) },
    // A direct connection: a proxy is never reached through another proxy.
    agent: false,
    signal,
  });
  return new Promise((resolve, reject) => {
    asking.once('connect', ({ statusCode }, socket: Socket, head) => {
      if (statusCode === 200 && head.length === 0) return resolve(socket);
      socket.destroy();
      reject(new Error(`the proxy ${shownProxy(proxy)} answered ${statusCode} to CONNECT`));
    });
    asking.once('response', (response) => {
      response.destroy();
      reject(new Error(`the proxy ${shownProxy(proxy)} answered ${response.statusCode} to CONNECT`));
    });
    asking.once('error', (error) => reject(new Error(`the proxy ${shownProxy(proxy)}: ${error.message}`)));
    asking.end();
  });
}
