import { createServer } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { onTestFinished, vi } from 'vitest';

/** A proxy on loopback that makes tunnels (CONNECT), and forwards nothing else. */
export interface ConnectProxy {
  readonly url: string;
  /** The requested targets: `127.0.0.1:443`. */
  readonly asked: readonly string[];
  /** Credentials that came with it: `Basic …`. */
  readonly credentials: readonly (string | undefined)[];
}

/** @param to the real target, whatever was requested. @param status of a refusal; 200: the tunnel is made. */
export async function connectProxy(to?: number, status = 200): Promise<ConnectProxy> {
  const asked: string[] = [];
  const credentials: (string | undefined)[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((_, response) => response.writeHead(405).end());
  server.on('connect', ({ url = '', headers }, client: Socket) => {
    asked.push(url);
    credentials.push(headers['proxy-authorization']);
    sockets.add(client.on('error', () => undefined));
    if (status !== 200) return client.end(`HTTP/1.1 ${status} No\r\n\r\n`);
    const port = to ?? Number(url.split(':').at(-1));
    const onward = connect(port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      onward.pipe(client).pipe(onward);
    });
    sockets.add(onward.on('error', () => client.destroy()));
    return undefined;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked, credentials };
}

/** Sets these proxies in the environment, and no other, until the test ends. */
export function withProxies(variables: Readonly<Record<string, string>>): void {
  for (const name of ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'NO_PROXY', 'NODE_USE_ENV_PROXY']) {
    vi.stubEnv(name, variables[name]);
    vi.stubEnv(name.toLowerCase(), undefined);
  }
  onTestFinished(() => void vi.unstubAllEnvs());
}
