/** Passwords and tokens: what is made, what is stored of them, and that it does not lead back. */
import { describe, expect, test } from '@jest/globals';
import { hashPassword, newReadablePassword, newToken, passwordFits, tokenHash } from '../../src/base/secrets.ts';

describe('a password', () => {
  test('fits its own hash and no other', async () => {
    const [ana, ben] = await Promise.all([hashPassword('anas-password'), hashPassword('bens-password')]);
    expect(await passwordFits('anas-password', ana)).toBe(true);
    expect(await passwordFits('anas-password', ben)).toBe(false);
  });

  test.each(['anas-passwor', 'anas-password ', 'Anas-password', ''])('"%s" does not fit', async password => {
    expect(await passwordFits(password, await hashPassword('anas-password'))).toBe(false);
  });

  test.each(['ünïcödé 🔧', ' spaces around ', 'x'.repeat(1000), ''])(
    'of any characters fits (case %#)',
    async password => {
      expect(await passwordFits(password, await hashPassword(password))).toBe(true);
    },
  );

  test('is salted: twice the same gives two hashes', async () => {
    const [one, two] = [await hashPassword('the-same'), await hashPassword('the-same')];
    expect(one).not.toBe(two);
    expect(await passwordFits('the-same', two)).toBe(true);
  });

  test('is stored with the settings that made it', async () => {
    const hash = await hashPassword('a-password');
    expect(hash).toMatch(/^scrypt\$32768\$8\$1\$[\w-]{22}\$[\w-]{43}$/);
    expect(hash).not.toContain('a-password');
  });

  test('of older, weaker settings still fits', async () => {
    // What scrypt (N = 1024, r = 8, p = 1) makes of 'an-old-password' with sixteen zero bytes of salt.
    const key = '5fM0IkXnwmBufQueWIeitfF01lRXKQs5DEhCS6Wdc5U';
    const hash = ['scrypt', 1024, 8, 1, 'A'.repeat(22), key].join('$');
    expect(await passwordFits('an-old-password', hash)).toBe(true);
    expect(await passwordFits('a-new-password', hash)).toBe(false);
  });

  test('never fits nobody, whatever it is', async () => {
    for (const password of ['', 'a-password', '\0']) expect(await passwordFits(password, undefined)).toBe(false);
  });
});

describe('a token', () => {
  test('is 256 random bits in letters that every header may carry, never the same', () => {
    const tokens = Array.from({ length: 1000 }, newToken);
    expect(new Set(tokens).size).toBe(1000);
    for (const token of tokens) expect(token).toMatch(/^[\w-]{43}$/);
    expect(Buffer.from(tokens[0]!, 'base64url')).toHaveLength(32);
  });

  test('is stored as its SHA-256, always the same for the same token', () => {
    expect(tokenHash('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
    const token = newToken();
    expect(tokenHash(token)).toBe(tokenHash(token));
    expect(tokenHash(token)).not.toBe(tokenHash(newToken()));
    expect(tokenHash(token)).not.toContain(token);
  });
});

describe('a password to be read off a screen', () => {
  test('is 120 random bits, long enough to be a password here, never the same', () => {
    const passwords = Array.from({ length: 1000 }, newReadablePassword);
    expect(new Set(passwords).size).toBe(1000);
    for (const password of passwords) expect(password).toMatch(/^[\w-]{20}$/);
  });
});
