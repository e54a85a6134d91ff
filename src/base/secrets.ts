/** Passwords and tokens: made, and turned into what may be stored. */
import { hash, randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

const derive = promisify<string, Buffer, number, ScryptOptions, Buffer>(scrypt);

const KEY_BYTES = 32;
const SALT_BYTES = 16;
/** scrypt with N = 2^15, r = 8, p = 1: 32 MB and some 50 ms for each guess. */
const STRENGTH = { N: 2 ** 15, r: 8, p: 1, maxmem: 64 * 1024 * 1024 };

/** @returns "scrypt$N$r$p$salt$key", so that stronger settings can follow without losing old passwords */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const key = await derive(password, salt, KEY_BYTES, STRENGTH);
  return ['scrypt', STRENGTH.N, STRENGTH.r, STRENGTH.p, salt.toString('base64url'), key.toString('base64url')].join(
    '$',
  );
}

/** Stands for the hash of an account that has no password yet. */
export const NO_PASSWORD = 'none';

/** Takes as long for an unknown account (no hash), or one without a password, as for a wrong password. */
export async function passwordFits(password: string, stored: string | undefined): Promise<boolean> {
  const hash = stored === NO_PASSWORD ? undefined : stored;
  const [, N, r, p, salt, key] = (hash ?? NOBODY).split('$');
  const expected = Buffer.from(key!, 'base64url');
  const actual = await derive(password, Buffer.from(salt!, 'base64url'), expected.length, {
    ...STRENGTH,
    N: Number(N),
    r: Number(r),
    p: Number(p),
  });
  return timingSafeEqual(actual, expected) && hash !== undefined;
}

const NOBODY = ['scrypt', STRENGTH.N, STRENGTH.r, STRENGTH.p, 'AAAAAAAAAAAAAAAAAAAAAA', 'A'.repeat(43)].join('$');

/** 256 random bits. */
export const newToken = (): string => randomBytes(32).toString('base64url');

/** A password for the first administrator, to be read off a screen: 120 random bits. */
export const newReadablePassword = (): string => randomBytes(15).toString('base64url');

/** What is stored of a token: it finds the token and cannot be turned back into it. */
export const tokenHash = (token: string): string => hash('sha256', token);
