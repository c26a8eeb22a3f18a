import { expect, test } from 'vitest';
import { parseCollector, projectOf } from '../../src/bgp/peer.ts';
import { KNOWN_COLLECTORS } from '../../streams/archive/collectors.ts';

test('every collector of RIPE RIS and of Route Views is known by its name, also by those given since 2023', () => {
  const [ris, others] = [/^rrc/, /^(?!rrc)/].map((form) => KNOWN_COLLECTORS.filter((name) => form.test(name)));
  expect(new Set(ris?.map(projectOf))).toEqual(new Set(['ris']));
  expect(new Set(others?.map(projectOf))).toEqual(new Set(['routeviews']));
  expect(others).toContain('amsix.ams');
});

test.each(['lab', 'rrc', 'rrc100', 'bmp-1', 'looking-glass', 'url', 'collector.example', 'lab.net', 'bgp.org'])(
  '%s is a collector of somebody else',
  (name) => {
    expect(parseCollector(name)).toBe(name);
    expect(projectOf(name)).toBeUndefined();
  },
);
