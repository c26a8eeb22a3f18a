import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../support/redis/ports.ts';
import { closing, outcomeText } from './servers.ts';
import { until } from '../../support/clock.ts';
import type { ProbeTarget } from '../../../src/bgp/probe.ts';

/** A server of Debian that can fall silent and come back. */
export interface RealServer {
  readonly targets: readonly ProbeTarget[];
  /** It goes on running and answers nothing: packets come in, and nothing goes out. */
  readonly silence: () => Promise<void>;
  readonly resume: () => Promise<void>;
  /** It ends; its port is closed. */
  readonly end: () => Promise<void>;
}

/** The path of a program, where it is installed. */
export function programOf(name: string): string | undefined {
  const found = spawnSync('sh', ['-c', `command -v ${name} || command -v /usr/sbin/${name}`], { encoding: 'utf8' });
  return found.status === 0 ? found.stdout.trim() : undefined;
}

const ZONE = `$ORIGIN kp.
@ 3600 IN SOA ns1.kptc.kp. root.kptc.kp. 1 3600 600 86400 600
@ 3600 IN NS ns1.kptc.kp.
ns1.kptc 3600 IN A 175.45.176.15
`;

/** NSD with the zone `kp.` at these addresses. Ended by `closeAll`. */
export async function startNsd(hosts: readonly string[]): Promise<RealServer> {
  const folder = await scratch();
  const port = await freePort();
  await writeFile(join(folder, 'kp.zone'), ZONE);
  const addresses = hosts.map((host) => `  ip-address: ${host}@${port}`).join('\n');
  const server = `server:\n${addresses}\n  username: ""\n  chroot: ""\n  zonesdir: "${folder}"\n  pidfile: ""\n  xfrdfile: ""\n`;
  const more = `  zonelistfile: "${folder}/list"\n  server-count: 1\nremote-control:\n  control-enable: no\n`;
  await writeFile(join(folder, 'nsd.conf'), `${server}${more}zone:\n  name: kp\n  zonefile: kp.zone\n`);
  const targets = hosts.map((address) => ({ kind: 'dns-soa', address, port, name: 'kp.' }) as const);
  return serverOf(spawn(programOf('nsd') ?? '', ['-d', '-c', join(folder, 'nsd.conf')], OWN_GROUP), targets);
}

/** nginx at these addresses. Ended by `closeAll`. */
export async function startNginx(hosts: readonly string[]): Promise<RealServer> {
  const folder = await scratch();
  const port = await freePort();
  for (const name of ['body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']) await mkdir(join(folder, name));
  // A short queue: once it is full the system drops what comes, as a host that is gone does.
  const listen = hosts.map((host) => `listen ${host}:${port} backlog=1;`).join(' ');
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${join(folder, name.replace('client_', ''))};`,
  );
  const http = `http { access_log off; ${paths.join(' ')} server { ${listen} return 200 "ok"; } }`;
  const main = `daemon off; master_process off; pid ${join(folder, 'pid')}; error_log stderr; events { }`;
  await writeFile(join(folder, 'nginx.conf'), `${main}\n${http}\n`);
  const args = ['-c', join(folder, 'nginx.conf'), '-p', folder, '-e', 'stderr'];
  const targets = hosts.map((address) => ({ kind: 'http-head', address, port, name: 'www.kcna.kp' }) as const);
  return serverOf(spawn(programOf('nginx') ?? '', args, OWN_GROUP), targets);
}

/** Whether Postfix can be run: its master wants to be root. */
export const hasPostfix: boolean = process.getuid?.() === 0 && programOf('postfix') !== undefined;

const QUEUES = 'active bounce corrupt defer deferred flush hold incoming private saved trace'.split(' ');

/** Postfix at this address, which greets and takes no mail. Ended by `closeAll`. */
export async function startPostfix(host: string): Promise<RealServer> {
  const folder = await scratch();
  const [conf, queue, data] = ['conf', 'queue', 'data'].map((name) => join(folder, name)) as [string, string, string];
  const folders = [conf, queue, data, ...[...QUEUES, 'maildrop', 'public', 'pid'].map((name) => join(queue, name))];
  for (const one of folders) await mkdir(one);
  const port = await freePort();
  const main = {
    compatibility_level: '3.6',
    queue_directory: queue,
    data_directory: data,
    daemon_directory: '/usr/lib/postfix/sbin',
    command_directory: '/usr/sbin',
    myhostname: 'mail.example.kp',
    // An address of loopback that no interface has is none to Postfix, but it listens there.
    inet_interfaces: 'all',
    mydestination: '',
    alias_maps: '',
    maillog_file: join(folder, 'log'),
    maillog_file_prefixes: folder,
  };
  const lines = Object.entries(main).map(([name, value]) => `${name} = ${value}`);
  await writeFile(join(conf, 'main.cf'), `${lines.join('\n')}\n`);
  const services = [
    'anvil unix - - n - 1 anvil',
    'rewrite unix - - n - - trivial-rewrite',
    'proxymap unix - - n - - proxymap',
  ];
  const first = [`${host}:${port} inet n - n - - smtpd`, 'postlog unix-dgram n - n - 1 postlogd'];
  await writeFile(join(conf, 'master.cf'), `${[...first, ...services].join('\n')}\n`);
  const owned = [...QUEUES, 'maildrop', 'public'].map((name) => join(queue, name));
  spawnSync('chmod', ['755', folder]);
  spawnSync('chown', ['postfix', data, ...owned]);
  const target = { kind: 'smtp-banner', address: host, port, name: '' } as const;
  return serverOf(spawn('/usr/lib/postfix/sbin/master', ['-d', '-c', conf], OWN_GROUP), [target]);
}

/** Its children stop and end with it. */
const OWN_GROUP = { stdio: 'ignore', detached: true } as const;

async function scratch(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'unroutable-server-'));
  closing(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function serverOf(child: ChildProcess, targets: readonly ProbeTarget[]): Promise<RealServer> {
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()).once('error', () => resolve()));
  const signal = (name: NodeJS.Signals): void => {
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) process.kill(-child.pid, name);
  };
  const queued: Socket[] = [];
  const resume = async (): Promise<void> => {
    for (const socket of queued.splice(0)) socket.destroy();
    signal('SIGCONT');
    await answering(targets);
  };
  const end = async (): Promise<void> => {
    for (const socket of queued.splice(0)) socket.destroy();
    signal('SIGKILL');
    await ended;
    // Its children end a moment later, and until then their sockets take packets.
    if (child.pid !== undefined) await until(() => !isAlive(-child.pid!), 'the end of its children');
  };
  closing(end);
  await answering(targets);
  return {
    targets,
    async silence() {
      signal('SIGSTOP');
      for (const { kind, address, port } of targets) {
        if (kind === 'dns-soa') continue;
        for (let i = 0; i < 4; i++) queued.push(connect(port, address).on('error', () => undefined));
        await until(() => queued.filter(({ connecting }) => !connecting).length > 0, 'a full queue');
      }
    },
    resume,
    end,
  };
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function answering(targets: readonly ProbeTarget[]): Promise<void> {
  for (const target of targets) {
    const deadline = performance.now() + 30_000;
    while (!(await outcomeText(target, 500)).startsWith('answered'))
      if (performance.now() > deadline) throw new Error(`no server at ${target.address}`);
  }
}
