import { afterEach } from 'vitest';
import { PeerServer } from './peer-server.ts';
import { Watching } from './watching.ts';

/** What is open; closed after each test, the last first. */
export const open: (PeerServer | Watching)[] = [];

afterEach(async () => {
  for (const one of open.splice(0).reverse()) await ('stop' in one ? one.stop() : one.close());
});

/** A server, and a source that is subscribed to it. */
export async function started(
  options: ConstructorParameters<typeof Watching>[1] = {},
): Promise<{ server: PeerServer; watching: Watching }> {
  const server = await PeerServer.listen();
  const watching = new Watching(server.url, options);
  open.push(server, watching);
  await server.connections(options.collectors?.length ?? 1);
  await watching.subscribed(options.collectors?.length ?? 1);
  return { server, watching };
}
