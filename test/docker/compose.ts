import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { ROOT } from '../support/cli.ts';

/** As much of a service as the rules ask about; the schema says whether it is one. */
export interface Service {
  readonly image?: string;
  readonly build?: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly user?: string;
  readonly read_only?: boolean;
  readonly init?: boolean;
  readonly privileged?: boolean;
  readonly cap_drop?: readonly string[];
  readonly cap_add?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly tmpfs?: readonly string[];
  readonly volumes?: readonly string[];
  readonly ports?: readonly string[];
  readonly networks?: readonly string[];
  readonly network_mode?: string;
  readonly profiles?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly mem_limit?: string;
  readonly memswap_limit?: string;
  readonly pids_limit?: number;
  readonly restart?: string;
  readonly stop_grace_period?: string;
  readonly healthcheck?: Readonly<Record<string, unknown>> & { readonly test?: readonly string[] };
  readonly logging?: { readonly driver?: string; readonly options?: Readonly<Record<string, string>> };
}

export interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly networks: Readonly<Record<string, { readonly internal?: boolean }>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

/** What a second file puts over the first. */
export interface Overlay {
  readonly services: Readonly<Record<string, Pick<Service, 'environment'> & { readonly secrets: readonly string[] }>>;
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
}

export const COMPOSE_FILE = join(ROOT, 'docker-compose.yml');
export const LOGIN_FILE = join(ROOT, 'deploy/docker-compose.login.yml');

export function readLogin(): Overlay {
  return parse(readFileSync(LOGIN_FILE, 'utf8'), { merge: true }) as Overlay;
}

/** docker-compose.yml, its aliases and merges resolved, its variables at their defaults as where no .env lies. */
export function readCompose(env: Readonly<Record<string, string>> = {}): Compose {
  const text = readFileSync(COMPOSE_FILE, 'utf8');
  // https://docs.docker.com/reference/compose-file/interpolation: ${NAME:-default}, where unset and empty are one.
  const filled = text.replaceAll(/\$\{(\w+):-([^}]*)\}/g, (_, name: string, fallback: string) => env[name] || fallback);
  return parse(filled, { merge: true }) as Compose;
}

/** What the command of the service redis sets, as lines of redis.conf have it. */
export function redisConfig(): Readonly<Record<string, string>> {
  const [program, ...words] = readCompose().services['redis']?.command ?? [];
  if (program !== 'redis-server') throw new Error(`not redis-server: ${program}`);
  const config: Record<string, string> = {};
  for (let at = 0; at < words.length; at += 2) {
    const [name = '', value = ''] = words.slice(at, at + 2);
    if (!/^--[a-z-]+$/.test(name)) throw new Error(`not a setting: ${name}`);
    config[name.slice(2)] = value === '' ? '""' : value;
  }
  return config;
}
