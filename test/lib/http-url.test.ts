import { expect, test } from 'vitest';
import { httpUrlFault, parseUrl, shownUrl } from '../../src/lib/http-url.ts';

test('a host with letters beyond ASCII is a URL, however many were read before (Node.js 20 forgets it)', () => {
  for (let i = 0; i < 20_000; i++)
    if (httpUrlFault('https://bücher.example/') !== undefined) expect.fail(`the ${i}th time it was no URL`);
  expect(parseUrl('https://bücher.example/')?.host).toBe('xn--bcher-kva.example');
});

test('an invalid URL, one that is not http or https, or one with a password is refused with the reason', () => {
  expect(parseUrl('https://')).toBeUndefined();
  expect(httpUrlFault('ftp://example.org/')).toBe('this is not a URL');
  expect(httpUrlFault('https://a:b@example.org/')).toContain('password');
  expect(shownUrl('https://a:b@example.org/x')).toBe('https://example.org/x');
});
