import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import * as FIXED from '../../src/policy/fixed.ts';
import { REACH_POLICY } from '../../src/policy/reach-policy.ts';
import { durationArgument } from '../../src/config/duration.ts';
import { forLiveFeed, POLICY_SETTINGS, settingText, VOTING_SETTINGS, type Setting } from '../../src/config/settings.ts';

const INTRODUCTION = `# Thresholds

Every threshold of a verdict, its default and its reason. \`replay\` and \`watch\` use the same rules; two defaults differ, because only a live
feed can be asked for more. With \`watch --collectors\`, a verdict needs voters at all collectors named when they are fewer than five.

Change a threshold with its option on the command line (\`--unroutable-hold 45s\`), or with its key in a territories file
([territories.md](territories.md)), under \`policy\` for one territory or under \`voting\` for all of them. The options win. Durations carry
their unit and are event time; shares are of 1. A changed threshold makes a territory's verdicts start again on a store that has older ones.

The last two tables list fixed values: they have no option.

The tests compare this page with the code: \`npm run docs:policy\` writes it.`;

const FIXED_INTRODUCTION = `## Fixed values

These are part of how a verdict is made, and have no option: a changed one would change what past events say. They are in
\`src/policy/fixed.ts\`.`;

/**
 * The text of docs/policy.md: a table for each part of the policy, generated from the tables of settings and the doc
 * comments of the policy modules.
 *
 * @param root folder of the checkout.
 */
export async function policyDocument(root: string): Promise<string> {
  const file = (name: string) => join(root, 'src/policy', name);
  const text = [
    INTRODUCTION,
    '## The verdict, per territory (`policy`)',
    tableOf(POLICY_SETTINGS, reasonsIn(file('policy.ts'))),
    '## Who may vote (`voting`)',
    tableOf(VOTING_SETTINGS, reasonsIn(file('voting-policy.ts'))),
    FIXED_INTRODUCTION,
    fixedTable(file('fixed.ts'), FIXED),
    '## Whether services answer (fixed)',
    fixedTable(file('reach-policy.ts'), REACH_POLICY),
  ].join('\n\n');
  return format(text, { ...(await resolveConfig(join(root, 'docs/policy.md'))), parser: 'markdown' });
}

function tableOf<Key extends string>(settings: readonly Setting<Key>[], reasons: ReadonlyMap<string, string>): string {
  const live = forLiveFeed(settings);
  const names = new Map(settings.map(({ key, name }) => [`\`${key}\``, `\`${name}\``]));
  const rows = settings.map((setting, i) => {
    const { key, name, option, fallback } = setting;
    const reason = reasons.get(key);
    if (reason === undefined) throw new Error(`${key} has no doc comment`);
    const named = reason.replaceAll(/`\w+`/g, (word) => names.get(word) ?? word);
    const ofWatch = settingText(setting, live[i]?.fallback ?? fallback);
    return `| \`--${option}\` | \`${name}\` | ${settingText(setting, fallback)} | ${ofWatch} | ${named} |`;
  });
  return [
    '| option | key | `replay` | `watch` | what it does, and why |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
}

/** A table of fixed values: their names in the code, the values, and the reasons from the doc comments above them. */
function fixedTable(file: string, values: Readonly<Record<string, number>>): string {
  const reasons = reasonsIn(file);
  const bare = Object.keys(values).filter((name) => !reasons.has(name));
  if (bare.length > 0) throw new Error(`${bare.join(', ')}: no doc comment`);
  const rows = [...reasons].map(([name, reason]) => {
    const value = values[name];
    if (value === undefined) throw new Error(`${name} is not exported`);
    return `| \`${name}\` | ${/ms$/i.test(name) ? durationArgument(value) : value.toLocaleString('en')} | ${reason} |`;
  });
  return ['| name in the code | value | what it does, and why |', '| --- | --- | --- |', ...rows].join('\n');
}

/** The doc comment of each number of a policy module, without its `@default`. */
function reasonsIn(file: string): ReadonlyMap<string, string> {
  const source = readFileSync(file, 'utf8');
  const documented = source.matchAll(
    /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*(?:readonly (\w+): number;|export const (\w+) = (?!\{)|(\w+): [\d_]+,)/g,
  );
  return new Map(
    [...documented].map(([, comment = '', ...keys]) => [
      keys.find((key) => key !== undefined) ?? '',
      comment
        .replaceAll(/^\s*\* ?/gm, ' ')
        .replaceAll(/\s+/g, ' ')
        .replace(/ ?@default \S+/, '')
        .trim(),
    ]),
  );
}
