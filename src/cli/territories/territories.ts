import { DEFAULT_POLICY, type Policy } from '../../policy/policy.ts';
import { counted, listed, printable } from '../../report/printable.ts';
import { wrapped } from '../../report/wrap.ts';
import { countUnits, type Territory } from '../../territory/territory.ts';
import { DEFAULT_VOTING, type VotingPolicy } from '../../policy/voting-policy.ts';
import { EXIT, failed, type ExitStatus } from '../exit-status.ts';
import { widthOf, type Io } from '../../app/io.ts';
import { readTerritories } from '../../config/selection.ts';
import { DEFAULTS, POLICY_SETTINGS, settingText, VOTING_SETTINGS, type Setting } from '../../config/settings.ts';

/** `unroutable territories`: lists what can be watched. It also checks a territories file. */
export async function listTerritories(file: string | undefined, io: Io): Promise<ExitStatus> {
  const known = await readTerritories(file, DEFAULTS, io.signal);
  if (!known.ok) return failed(known, io);
  const { territories, own, voting } = known.value;
  const lines = [
    ...territories.flatMap((watched, i) => [...territoryLines(watched, i < own), '']),
    ...votingLines(voting),
  ];
  const width = widthOf(io.stdout);
  const text = lines.flatMap((line) => hanging(printable(line), width)).join('\n');
  io.stdout.write(`${text.trimEnd()}\n`);
  return EXIT.done;
}

function territoryLines(
  { territory, policy }: { readonly territory: Territory; readonly policy: Policy },
  isOwn: boolean,
): readonly string[] {
  const { id, name, blocks, origins, timeZone } = territory;
  const differing = differences(POLICY_SETTINGS, policy, DEFAULT_POLICY);
  return [
    `${id}  ${name} (${isOwn ? 'from the file' : 'built in'})`,
    `    blocks   ${blocks.map(({ text }) => text).join(' ')}`,
    `    units    ${unitsOf(territory)}`,
    `    origins  ${origins.length === 0 ? 'any' : origins.map((asn) => `AS${asn}`).join(' ')}`,
    ...(timeZone === undefined ? [] : [`    time     ${timeZone}`]),
    `    policy   ${differing.length === 0 ? 'default' : differing.join(', ')}`,
  ];
}

function unitsOf(territory: Territory): string {
  const ipv4 = countUnits(territory, 'ipv4');
  const ipv6 = countUnits(territory, 'ipv6');
  return listed([
    ...(ipv4 > 0 ? [counted(ipv4, 'IPv4 network', 'IPv4 networks of /24 or less')] : []),
    ...(ipv6 > 0 ? [counted(ipv6, 'IPv6 network', 'IPv6 networks of /48 or less')] : []),
  ]);
}

function votingLines(voting: VotingPolicy): readonly string[] {
  const differing = differences(VOTING_SETTINGS, voting, DEFAULT_VOTING);
  return differing.length === 0 ? [] : [`voting  ${differing.join(', ')}`];
}

/** `minVoters 3 (default 10)` */
function differences<Key extends string>(
  table: readonly Setting<Key>[],
  values: Readonly<Record<Key, number>>,
  defaults: Readonly<Record<Key, number>>,
): readonly string[] {
  return table
    .filter(({ key }) => values[key] !== defaults[key])
    .map((setting) => {
      const text = (value: number) => settingText(setting, value);
      return `${setting.name} ${text(values[setting.key])} (default ${text(defaults[setting.key])})`;
    });
}

const HANGING = '    origins  '.length;

/** Lines too long for the terminal continue below their value. */
function hanging(line: string, width: number): readonly string[] {
  if (line.length <= width) return [line];
  const [first = '', ...rest] = wrapped(line.slice(HANGING), width - HANGING);
  return [`${line.slice(0, HANGING)}${first}`, ...rest.map((part) => `${' '.repeat(HANGING)}${part}`)];
}
