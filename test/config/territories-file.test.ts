import { describe, expect, test } from 'vitest';
import { DEFAULT_POLICY } from '../../src/policy/policy.ts';
import { DEFAULT_VOTING } from '../../src/policy/voting-policy.ts';
import { liveDefaults } from '../../src/config/settings.ts';
import { parseTerritories } from '../../src/config/territories-file.ts';

const YOUTUBE = `territories:
  - id: YT
    name: YouTube
    blocks: [208.65.152.0/22]
    origins: [36561]
`;

/** The faults of a file, one a line, or `none`. */
function faults(text: string): string {
  const file = parseTerritories(text, 'watch.yaml');
  return file.ok ? 'none' : file.faults.join('\n');
}

/** One territory that is right but for what is given. */
function withTerritory(lines: string): string {
  return `territories:\n  - id: YT\n    name: YouTube\n${lines}\n`;
}

describe('a territories file that is right', () => {
  test('the smallest one: id, name, blocks and origins, the rest by default', () => {
    const file = parseTerritories(YOUTUBE, 'watch.yaml');
    expect(file).toMatchObject({
      ok: true,
      value: {
        voting: DEFAULT_VOTING,
        territories: [
          {
            territory: { id: 'YT', name: 'YouTube', origins: [36561], timeZone: undefined },
            policy: DEFAULT_POLICY,
          },
        ],
      },
    });
    expect(file.ok && file.value.territories[0]?.territory.blocks.map(({ text }) => text)).toEqual(['208.65.152.0/22']);
  });

  test('a live feed has defaults of its own, and what the file says wins over them', () => {
    const text = `${YOUTUBE}  - id: DOC
    name: Documentation
    blocks: [192.0.2.0/24]
    policy: { minCollectors: 1 }
voting: { peerSilence: 0s }
`;
    expect(parseTerritories(YOUTUBE, 'watch.yaml', liveDefaults(undefined))).toMatchObject({
      value: { voting: { peerSilenceMs: 180_000 }, territories: [{ policy: { minCollectors: 5 } }] },
    });
    expect(parseTerritories(text, 'watch.yaml', liveDefaults(['rrc00', 'rrc01']))).toMatchObject({
      value: {
        voting: { peerSilenceMs: 0 },
        territories: [{ policy: { minCollectors: 2 } }, { policy: { minCollectors: 1 } }],
      },
    });
  });

  test('durations carry their unit, and both families may be in one list', () => {
    const file = parseTerritories(
      `${YOUTUBE}    timeZone: America/Los_Angeles
    policy: { minVoters: 3, unroutableHold: 1m30s, unroutableBelow: 0.2 }
  - id: DOC
    name: Documentation
    blocks: ["2001:DB8:0::/46", 192.0.2.0/24]
voting: { learn: 5m }
`,
      'watch.yaml',
    );
    expect(file).toMatchObject({
      ok: true,
      value: {
        voting: { ...DEFAULT_VOTING, learnMs: 300_000 },
        territories: [
          {
            territory: { timeZone: 'America/Los_Angeles' },
            policy: { ...DEFAULT_POLICY, minVoters: 3, unroutableHoldMs: 90_000, unroutableBelow: 0.2 },
          },
          { territory: { id: 'DOC', origins: [] }, policy: DEFAULT_POLICY },
        ],
      },
    });
    expect(file.ok && file.value.territories[1]?.territory.blocks.map(({ text }) => text)).toEqual([
      '192.0.2.0/24',
      '2001:db8::/46',
    ]);
  });
});

describe('case 52: a file that is not such a configuration is refused, with the place', () => {
  test.each([
    ['broken YAML', 'territories: [', /^watch\.yaml:1:\d+: .*(?:flow|end)/i],
    ['broken indentation', 'territories:\n  - id: YT\n name: x\n', /^watch\.yaml:3:\d+: /],
    [
      'an unknown key',
      `${YOUTUBE}    orgins: [1]\n`,
      /^watch\.yaml:6:5: territories\[0\]\.orgins is not known, did you mean origins\?$/,
    ],
    [
      'an unknown key of a policy',
      withTerritory('    blocks: [192.0.2.0/24]\n    policy: { unroutableHoldMs: 30s }'),
      /^watch\.yaml:5:15: territories\[0\]\.policy\.unroutableHoldMs is not known, did you mean unroutableHold\?$/,
    ],
    ['an unknown key on top', `${YOUTUBE}policy: {}\n`, /^watch\.yaml:6:1: policy is not known/],
    ['a duplicate key', `${YOUTUBE}    name: Again\n`, /^watch\.yaml:6:5: this key is here twice$/],
    [
      'a number for text',
      withTerritory('    blocks: 5'),
      /^watch\.yaml:4:13: territories\[0\]\.blocks is the number 5, it must be a list$/,
    ],
    [
      'text for a number',
      withTerritory('    blocks: [192.0.2.0/24]\n    policy: { minVoters: many }'),
      /^watch\.yaml:5:26: territories\[0\]\.policy\.minVoters is the string "many", it must be a number$/,
    ],
    [
      'a missing key',
      'territories:\n  - id: YT\n    blocks: [192.0.2.0/24]\n',
      /^watch\.yaml:2:5: territories\[0\]\.name is missing$/,
    ],
    ['an empty file', '', /^watch\.yaml:1:1: the file is empty, it must be a map/],
    ['a list', '- a\n', /^watch\.yaml:1:1: the file is a list, it must be a map/],
    ['two documents', `${YOUTUBE}---\n${YOUTUBE}`, /^watch\.yaml:6:1: a second document begins here/],
    ['an alias of nothing', 'territories: [*nope]\n', /^watch\.yaml:1:15: \*nope stands for nothing/],
    ['a tag that would run code elsewhere', 'territories: !!js/function "f"\n', /^watch\.yaml:1:14: .*tag/],
    ['a key of the language itself', `${YOUTUBE}__proto__: { id: 1 }\n`, /^watch\.yaml:6:1: __proto__ is not known$/],
  ])('%s', (_what, text, fault) => {
    expect(faults(text)).toMatch(fault);
  });

  test('an alias bomb does not go off', () => {
    const levels = Array.from({ length: 12 }, (_, i) => `a${i + 1}: &a${i + 1} [${Array(9).fill(`*a${i}`).join(',')}]`);
    expect(faults(`a0: &a0 [x]\n${levels.join('\n')}\n`)).toMatch(/aliases/);
  });

  test('of a file that is not YAML, only the beginning is quoted', () => {
    const registry = `2.5|afrinic|20250101\n${'afrinic|GM|ipv4|41.76.8.0|2048|20090101|allocated\n'.repeat(10_000)}`;
    expect(faults(registry).length).toBeLessThan(400);
    expect(faults(`%TAG\n${'"a" '.repeat(10_000)}`).length).toBeLessThan(400 * 20);
  });

  test('a file of more than 1 MiB is not read as YAML at all', () => {
    expect(faults(`${YOUTUBE}${'#'.repeat(1024 * 1024)}`)).toBe('watch.yaml:1:1: the file is larger than 1 MiB');
  });

  test('all faults are reported at once, twenty at most', () => {
    const wrong = Array.from({ length: 30 }, (_, i) => `  - { id: T${i}, name: T, blocks: [no] }`).join('\n');
    const lines = faults(`territories:\n${wrong}\n`).split('\n');
    expect(lines).toHaveLength(21);
    expect(lines.at(-1)).toBe('watch.yaml: and 10 more');
  });

  test('what a file says cannot act on the terminal', () => {
    expect(faults(`${YOUTUBE}"\\e[31m\\u202Ekey": 1\n`)).toContain('\\u001b[31m\\u202ekey is not known');
  });
});

describe('case 53: a configuration that means nothing is refused with the place', () => {
  test.each([
    ['an empty list of territories', 'territories: []\n', /^watch\.yaml:1:14: territories: is empty/],
    ['an empty id', YOUTUBE.replace('YT', '""'), /^watch\.yaml:2:9: territories\[0\]\.id: {1,2}is not an id/],
    ['a lower-case id', YOUTUBE.replace('YT', 'yt'), /territories\[0\]\.id: yt is not an id/],
    [
      'an empty list of blocks',
      withTerritory('    blocks: []'),
      /^watch\.yaml:4:13: territories\[0\]\.blocks: is empty/,
    ],
    [
      'a block with host bits',
      withTerritory('    blocks: [208.65.152.1/22]'),
      /^watch\.yaml:4:14: territories\[0\]\.blocks\[0\]: 208\.65\.152\.1\/22 has host bits set: write 208\.65\.152\.0\/22$/,
    ],
    [
      'an IPv6 block with host bits',
      withTerritory('    blocks: ["2001:db8::1/48"]'),
      /has host bits set: write 2001:db8::\/48$/,
    ],
    ['an octal octet', withTerritory('    blocks: [010.0.0.0/8]'), /010\.0\.0\.0\/8 is not an address block/],
    ['three octets', withTerritory('    blocks: [10.0.0/8]'), /10\.0\.0\/8 is not an address block/],
    ['a length of 33', withTerritory('    blocks: [10.0.0.0/33]'), /10\.0\.0\.0\/33 is not an address block/],
    ['an address without a length', withTerritory('    blocks: [10.0.0.1]'), /10\.0\.0\.1 is not an address block/],
    ['a zone in the address', withTerritory('    blocks: ["fe80::%eth0/64"]'), /is not an address block/],
    ['the default route', withTerritory('    blocks: [0.0.0.0/0]'), /0\.0\.0\.0\/0 is larger than a \/8$/],
    [
      'a block inside another',
      withTerritory('    blocks: [10.0.0.0/16, 10.0.1.0/24]'),
      /^watch\.yaml:4:27: territories\[0\]\.blocks: 10\.0\.1\.0\/24 overlaps 10\.0\.0\.0\/16 of YT$/,
    ],
    ['one block twice', withTerritory('    blocks: [10.0.0.0/16, 10.0.0.0/16]'), /^watch\.yaml:4:27: .*overlaps/],
    [
      'two territories that overlap',
      `${YOUTUBE}  - { id: B, name: B, blocks: [208.65.153.0/24] }\n`,
      /^watch\.yaml:6:32: territories\[1\]\.blocks: 208\.65\.153\.0\/24 overlaps 208\.65\.152\.0\/22 of YT$/,
    ],
    [
      'one id twice',
      `${YOUTUBE}  - { id: YT, name: B, blocks: [10.0.0.0/24] }\n`,
      /^watch\.yaml:6:11: territories\[1\]\.id: YT is here twice$/,
    ],
    [
      'more units than are watched',
      withTerritory('    blocks: [10.0.0.0/8, 11.0.0.0/24]'),
      /^watch\.yaml:4:13: .*65537 \/24s, at most 65536/,
    ],
    [
      'a time zone that is none',
      `${YOUTUBE}    timeZone: Asia/Pjöngjang\n`,
      /^watch\.yaml:6:15: .*Asia\/Pjöngjang is not a time zone/,
    ],
    ['an offset for a time zone', `${YOUTUBE}    timeZone: "+09:00"\n`, /is not a time zone/],
    [
      'AS 0',
      YOUTUBE.replace('36561', '0'),
      /^watch\.yaml:5:15: territories\[0\]\.origins\[0\]: 0 is not an AS number$/,
    ],
    ['an AS number too large', YOUTUBE.replace('36561', '4294967296'), /4294967296 is not an AS number/],
    [
      'a threshold of 0',
      `${YOUTUBE}    policy: { unroutableBelow: 0 }\n`,
      /^watch\.yaml:6:32: territories\[0\]\.policy: unroutableBelow is 0/,
    ],
    ['a threshold of 1.5', `${YOUTUBE}    policy: { degradedBelow: 1.5 }\n`, /degradedBelow is 1\.5: a share/],
    [
      'a threshold that is not a number',
      `${YOUTUBE}    policy: { degradedBelow: .nan }\n`,
      /^watch\.yaml:6:30: .*degradedBelow is not a finite number/,
    ],
    [
      'a negative duration',
      `${YOUTUBE}    policy: { settle: -5s }\n`,
      /^watch\.yaml:6:23: territories\[0\]\.policy\.settle: -5s is not a duration/,
    ],
    [
      'a duration without its unit',
      `${YOUTUBE}    policy: { settle: 30 }\n`,
      /settle: 30 is not a duration such as 500ms, 30s/,
    ],
    [
      'thresholds in the wrong order',
      `${YOUTUBE}    policy: { unroutableBelow: 0.95 }\n`,
      /unroutableBelow must be less than degradedBelow/,
    ],
    ['half a voter', `${YOUTUBE}    policy: { minVoters: 0.5 }\n`, /minVoters is 0\.5: it counts from 1$/m],
    [
      'a share of the feed above 1',
      `${YOUTUBE}voting: { fullFeedShare: 2 }\n`,
      /^watch\.yaml:6:26: voting: fullFeedShare is 2/,
    ],
  ])('%s', (_what, text, fault) => {
    expect(faults(text)).toMatch(fault);
  });
});
