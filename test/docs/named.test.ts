import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { glob } from 'tinyglobby';
import { expect, test } from 'vitest';
import { ROOT } from '../support/cli.ts';

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

/** As GitHub makes anchors of headings. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');

test('every document that the program names is there, is in the package and in the image', async () => {
  const sources = await glob(['src/**/*.ts', 'streams/**/*.ts', 'schemas/*.json', 'asyncapi.yaml'], { cwd: ROOT });
  const named = new Set(sources.flatMap((path) => read(path).match(/\bdocs\/[a-z-]+\.md(?:#[a-z0-9-]+)?/g) ?? []));
  expect(named.size).toBeGreaterThan(5);
  const isThere = (place: string): boolean => {
    const [path = '', anchor] = place.split('#');
    if (!existsSync(join(ROOT, path))) return false;
    const headings = (read(path).match(/^#+ .+$/gm) ?? []).map((line) => anchorOf(line.replace(/^#+ /, '')));
    return anchor === undefined || headings.includes(anchor);
  };
  expect([...named].filter((place) => !isThere(place))).toEqual([]);
  expect((JSON.parse(read('package.json')) as { files: string[] }).files).toContain('docs');
  expect(read('Dockerfile')).toMatch(/^COPY docs docs$/m);
});

test('no address of this project is given, as it has none: what is named is in the package', async () => {
  const manifest = JSON.parse(read('package.json')) as Readonly<Record<string, unknown>>;
  expect(['repository', 'homepage', 'bugs'].filter((key) => key in manifest)).toEqual([]);
  const papers = await glob(['*.md', 'docs/**/*.md', 'src/**/*.ts', 'schemas/*.json', 'asyncapi.yaml'], { cwd: ROOT });
  const addresses = papers.flatMap((path) => read(path).match(/https?:\/\/[^\s)"'`>]*unroutable[^\s)"'`>]*/g) ?? []);
  // `.invalid` is reserved for names that lead nowhere (RFC 6761, section 6.4); `example` for examples (RFC 2606).
  const real = addresses.filter(
    (address) => !/^https?:\/\/[^/]*(?:\.invalid|\.example|example\.(?:com|org|net))(?:[/:]|$)/.test(address),
  );
  expect([...new Set(real)]).toEqual([]);
});

test('every file of the code that a document names is there, and every link leads to a heading', async () => {
  const pages = await glob(['*.md', 'docs/*.md'], { cwd: ROOT, ignore: ['CHANGELOG.md'] });
  const wrong = pages.flatMap((page) => {
    const text = read(page).replaceAll(/^```[\s\S]*?^```/gm, '');
    const files = [...text.matchAll(/`((?:src|streams|test|scripts)\/[\w./-]+)`/g)].map(([, path = '']) => path);
    const links = [...text.matchAll(/\]\((?!https?:)([^)\s]*)\)/g)].map(([, link = '']) => link);
    const dead = links.filter((link) => {
      const [path = '', anchor] = link.split('#');
      const target = path === '' ? page : join(page, '..', path);
      if (!existsSync(join(ROOT, target))) return true;
      if (anchor === undefined || !target.endsWith('.md')) return false;
      return !(read(target).match(/^#+ .+$/gm) ?? []).some((line) => anchorOf(line.replace(/^#+ /, '')) === anchor);
    });
    return [...files.filter((path) => !existsSync(join(ROOT, path))), ...dead].map((what) => `${page}: ${what}`);
  });
  expect(wrong).toEqual([]);
});
