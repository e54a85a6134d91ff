/** Settings from the environment: the one place that reads process.env. Each has a default that a new user can live with. */
import { resolve } from 'node:path';
import { MAX_PASSWORD_LENGTH, MIN_PASSWORD_LENGTH } from '#gen/common_types';
import type { ServerSettings } from '../server/server.ts';
import type { StoreSettings } from '../store/database.ts';

/** Every setting: `jobwright serve --help` prints this table. */
export const variables = {
  JOBWRIGHT_HOST: { fallback: '127.0.0.1', meaning: 'address to listen on' },
  JOBWRIGHT_PORT: { fallback: '9090', meaning: 'TCP port to listen on; 0 takes a free one' },
  JOBWRIGHT_DATA: { fallback: './data', meaning: 'folder of the embedded database' },
  JOBWRIGHT_DATABASE_URL: { fallback: '', meaning: 'postgres://… to use PostgreSQL instead of the embedded SQLite' },
  JOBWRIGHT_POSTGRES_POOL: { fallback: '10', meaning: 'connections to PostgreSQL, 1 to 1000' },
  JOBWRIGHT_SQLITE_SYNCHRONOUS: {
    fallback: 'FULL',
    meaning: 'FULL: an acknowledged write survives a power cut; NORMAL: faster, the last may be lost',
  },
  JOBWRIGHT_LOG_LEVEL: {
    fallback: 'info',
    meaning: 'debug, info, warn, error or silent; the log goes to standard error',
  },
  JOBWRIGHT_ADMIN_EMAIL: { fallback: 'admin@localhost', meaning: 'first start: e-mail address of the administrator' },
  JOBWRIGHT_ADMIN_PASSWORD: { fallback: '', meaning: 'first start: its password; unset, one is made and printed once' },
  JOBWRIGHT_TEAM: { fallback: 'First team', meaning: 'first start: name of the team' },
} as const;

type Variable = keyof typeof variables;

export interface Settings {
  readonly server: ServerSettings;
  readonly logLevel: string;
  readonly firstStart: { readonly email: string; readonly password: string | undefined; readonly teamName: string };
}

/** Thrown when a variable holds something that cannot be meant. */
export class BadSetting extends Error {}

/** @throws BadSetting naming the variable, its value and what would be right */
export function settingsFrom(env: Readonly<Record<string, string | undefined>>, version: string): Settings {
  const get = (name: Variable): string => env[name] || variables[name].fallback;
  return {
    server: {
      store: storeSettings(get),
      host: get('JOBWRIGHT_HOST'),
      port: wholeNumber(get, 'JOBWRIGHT_PORT', 0, 65_535),
      version,
    },
    logLevel: oneOf(get, 'JOBWRIGHT_LOG_LEVEL', ['debug', 'info', 'warn', 'error', 'silent']),
    firstStart: {
      email: get('JOBWRIGHT_ADMIN_EMAIL').trim().toLowerCase(),
      password: adminPassword(get('JOBWRIGHT_ADMIN_PASSWORD')),
      teamName: get('JOBWRIGHT_TEAM'),
    },
  };
}

export const environment = (version: string): Settings => settingsFrom(process.env, version);

/** The same rule as for every other password; the refusal does not repeat it. */
function adminPassword(password: string): string | undefined {
  if (password === '') return undefined;
  if (password.length >= MIN_PASSWORD_LENGTH && password.length <= MAX_PASSWORD_LENGTH) return password;
  throw new BadSetting(
    `JOBWRIGHT_ADMIN_PASSWORD: ${password.length} characters; expected ${MIN_PASSWORD_LENGTH} to ${MAX_PASSWORD_LENGTH}`,
  );
}

function storeSettings(get: (name: Variable) => string): StoreSettings {
  const url = get('JOBWRIGHT_DATABASE_URL');
  const synchronous = oneOf(get, 'JOBWRIGHT_SQLITE_SYNCHRONOUS', ['FULL', 'NORMAL']);
  if (url === '') return { engine: 'sqlite', file: resolve(get('JOBWRIGHT_DATA'), 'jobwright.db'), synchronous };
  if (!/^postgres(ql)?:\/\//.test(url))
    throw bad(
      'JOBWRIGHT_DATABASE_URL',
      url.replace(/:[^:@/]*@/, ':…@'),
      'a URL such as postgres://user:password@host:5432/jobwright',
    );
  return { engine: 'postgres', url, poolSize: wholeNumber(get, 'JOBWRIGHT_POSTGRES_POOL', 1, 1000) };
}

function wholeNumber(get: (name: Variable) => string, name: Variable, least: number, most: number): number {
  const text = get(name);
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= least && number <= most) return number;
  throw bad(name, text, `a whole number from ${least} to ${most}`);
}

function oneOf<T extends string>(get: (name: Variable) => string, name: Variable, values: readonly T[]): T {
  const text = get(name);
  const value = values.find(candidate => candidate === text);
  if (value !== undefined) return value;
  throw bad(name, text, values.join(', '));
}

const bad = (name: Variable, value: string, right: string): BadSetting =>
  new BadSetting(`${name}: "${value}"; expected ${right}`);
