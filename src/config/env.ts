/** Settings from the environment: the one place that reads process.env. Each has a default that a new user can live with. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { MAX_PASSWORD_LENGTH, MIN_PASSWORD_LENGTH } from '#gen/common_types';
import { DEFAULT_LIMITS, type Limits } from '../server/limits.ts';
import type { MailSettings } from '../server/mail.ts';
import { DEFAULT_DENY, isOutboundEntry, type OutboundSettings } from '../server/outbound/addresses.ts';
import type { TlsSettings } from '../server/port.ts';
import type { ServerSettings } from '../server/server.ts';
import type { StoreSettings } from '../store/database.ts';

/** Each limit: the variable that sets it, the variable's unit in that of the limit, and what it means. */
const limits = {
  messageBytes: ['JOBWRIGHT_MAX_MESSAGE_BYTES', 1, 'bytes of one message, in or out'],
  stringBytes: ['JOBWRIGHT_MAX_STRING_BYTES', 1, 'bytes of one text or binary in a message'],
  containerElements: ['JOBWRIGHT_MAX_CONTAINER_ELEMENTS', 1, 'elements of one list, set or map in a message'],
  messageElements: ['JOBWRIGHT_MAX_MESSAGE_ELEMENTS', 1, 'fields and elements of one message'],
  nesting: ['JOBWRIGHT_MAX_NESTING', 1, 'structs and containers within each other in a message'],
  jsonBytes: ['JOBWRIGHT_MAX_JSON_BYTES', 1, 'bytes of a message in JSON: larger ones belong in binary or compact'],
  connections: ['JOBWRIGHT_MAX_CONNECTIONS', 1, 'open connections'],
  connectionsPerAddress: ['JOBWRIGHT_MAX_CONNECTIONS_PER_ADDRESS', 1, 'open connections of one address'],
  unauthenticatedMs: ['JOBWRIGHT_LOGIN_SECONDS', 1000, 'a connection that has shown no token by then is closed'],
  halfMessageMs: ['JOBWRIGHT_HALF_MESSAGE_SECONDS', 1000, 'a message that has begun must be there whole by then'],
  halfMessagesBytes: ['JOBWRIGHT_MAX_HALF_MESSAGES_BYTES', 1, 'bytes of messages that have begun, of all connections'],
  idleMs: ['JOBWRIGHT_IDLE_SECONDS', 1000, 'a connection on which nothing moves is closed then'],
  pipelined: ['JOBWRIGHT_MAX_PIPELINED', 1, 'requests of one connection that wait; beyond, it is not read'],
  callsInFlight: ['JOBWRIGHT_MAX_CALLS', 1, 'calls that are worked on at a time; beyond, 503'],
  unreadBytes: ['JOBWRIGHT_MAX_UNREAD_BYTES', 1, 'bytes of answers that a client has not read; beyond, it is not read'],
  unreadMs: ['JOBWRIGHT_UNREAD_SECONDS', 1000, 'a client that reads none of its answers is closed then'],
  requestMs: ['JOBWRIGHT_REQUEST_SECONDS', 1000, 'a call that has no outcome by then is answered with 503'],
  fileBytes: ['JOBWRIGHT_MAX_FILE_BYTES', 1, 'bytes of one document or attachment'],
  sockets: ['JOBWRIGHT_MAX_SOCKETS', 1, 'open web sockets'],
  socketsPerUser: ['JOBWRIGHT_MAX_SOCKETS_PER_USER', 1, 'open web sockets of one user'],
  subscriptions: ['JOBWRIGHT_MAX_SUBSCRIPTIONS', 1, 'jobs that one web socket is told of'],
  graceMs: ['JOBWRIGHT_GRACE_SECONDS', 1000, 'calls that run when the server stops have so long to end'],
  drainMs: ['JOBWRIGHT_DRAIN_SECONDS', 1000, 'before it stops, the server says so long that it is not ready'],
} as const satisfies Readonly<Record<keyof Limits, readonly [`JOBWRIGHT_${string}`, number, string]>>;

type LimitVariable = (typeof limits)[keyof Limits][0];

const limitVariables = Object.fromEntries(
  (Object.keys(limits) as (keyof Limits)[]).map(limit => {
    const [name, unit, meaning] = limits[limit];
    return [name, { fallback: String(DEFAULT_LIMITS[limit] / unit), meaning }];
  }),
) as Readonly<Record<LimitVariable, { readonly fallback: string; readonly meaning: string }>>;

/** Every setting: `jobwright serve --help` prints this table. */
export const variables = {
  JOBWRIGHT_HOST: { fallback: '127.0.0.1', meaning: 'address to listen on' },
  JOBWRIGHT_PORT: { fallback: '9090', meaning: 'TCP port for Thrift and HTTP; 0 takes a free one' },
  JOBWRIGHT_HTTP_PORT: { fallback: '9080', meaning: 'TCP port for HTTP alone; 0 takes a free one, "none" opens none' },
  JOBWRIGHT_SOCKET: { fallback: '', meaning: 'path of a Unix socket to listen on beside the ports' },
  JOBWRIGHT_TLS_CERTIFICATE: { fallback: '', meaning: 'PEM file of the certificate: the ports then take TLS too' },
  JOBWRIGHT_TLS_KEY: { fallback: '', meaning: "PEM file of the certificate's key" },
  JOBWRIGHT_TLS_CLIENT_CA: { fallback: '', meaning: 'PEM file of the authorities of client certificates' },
  JOBWRIGHT_TLS_CLIENT: { fallback: 'optional', meaning: 'client certificates: optional or required' },
  JOBWRIGHT_CORS_ORIGINS: { fallback: '', meaning: 'origins whose pages may call over HTTP, with commas; * for all' },
  JOBWRIGHT_WORKERS: {
    fallback: '1',
    meaning: 'processes that serve the ports, 1 to 64, on one database; limits are those of each (--workers)',
  },
  JOBWRIGHT_DATA: { fallback: './data', meaning: 'folder of the embedded database' },
  JOBWRIGHT_DATABASE_URL: { fallback: '', meaning: 'postgres://… to use PostgreSQL instead of the embedded SQLite' },
  JOBWRIGHT_POSTGRES_POOL: { fallback: '10', meaning: 'connections to PostgreSQL, 1 to 1000' },
  JOBWRIGHT_REPLICA_URL: {
    fallback: '',
    meaning: 'postgres://… of a streaming replica of that PostgreSQL, which answers reads; unset, there is none',
  },
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
  JOBWRIGHT_SMTP_URL: { fallback: '', meaning: 'smtp://user:password@host:port to send letters; unset, none are sent' },
  JOBWRIGHT_MAIL_FROM: { fallback: 'jobwright@localhost', meaning: 'sender of letters' },
  JOBWRIGHT_MAIL_LINK: {
    fallback: '',
    meaning: 'address of a page of yours where people use what a letter brings; its code is put behind',
  },
  JOBWRIGHT_OUTBOUND_DENY: {
    fallback: DEFAULT_DENY.join(','),
    meaning: 'whom steps and webhooks may never call: host names, addresses and ranges, with commas; "none" for nobody',
  },
  JOBWRIGHT_OUTBOUND_ALLOW: {
    fallback: '',
    meaning:
      'whom alone steps and webhooks may call: host names (*.example.org), addresses and ranges, with commas; unset, all others',
  },
  ...limitVariables,
} as const;

type Variable = keyof typeof variables;

export interface Settings {
  readonly server: ServerSettings;
  /** Processes that serve. */
  readonly workers: number;
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
      ...(get('JOBWRIGHT_HTTP_PORT') !== 'none' && { httpPort: wholeNumber(get, 'JOBWRIGHT_HTTP_PORT', 0, 65_535) }),
      ...(get('JOBWRIGHT_SOCKET') && { socketPath: resolve(get('JOBWRIGHT_SOCKET')) }),
      ...tlsSettings(get),
      ...mailSettings(get),
      outbound: outboundSettings(get),
      http: { corsOrigins: listed(get('JOBWRIGHT_CORS_ORIGINS')) },
      limits: limitSettings(get),
      version,
    },
    workers: wholeNumber(get, 'JOBWRIGHT_WORKERS', 1, 64),
    logLevel: oneOf(get, 'JOBWRIGHT_LOG_LEVEL', ['debug', 'info', 'warn', 'error', 'silent']),
    firstStart: {
      email: get('JOBWRIGHT_ADMIN_EMAIL').trim().toLowerCase(),
      password: adminPassword(get('JOBWRIGHT_ADMIN_PASSWORD')),
      teamName: get('JOBWRIGHT_TEAM'),
    },
  };
}

/** @param over variables that the command line sets */
export const environment = (version: string, over: Readonly<Partial<Record<Variable, string>>> = {}): Settings =>
  settingsFrom({ ...process.env, ...over }, version);

/** The same rule as for every other password; the refusal does not repeat it. */
function adminPassword(password: string): string | undefined {
  if (password === '') return undefined;
  if (password.length >= MIN_PASSWORD_LENGTH && password.length <= MAX_PASSWORD_LENGTH) return password;
  throw new BadSetting(
    `JOBWRIGHT_ADMIN_PASSWORD: ${password.length} characters; expected ${MIN_PASSWORD_LENGTH} to ${MAX_PASSWORD_LENGTH}`,
  );
}

function storeSettings(get: (name: Variable) => string): StoreSettings {
  const [url, replicaUrl] = [get('JOBWRIGHT_DATABASE_URL'), get('JOBWRIGHT_REPLICA_URL')];
  const synchronous = oneOf(get, 'JOBWRIGHT_SQLITE_SYNCHRONOUS', ['FULL', 'NORMAL']);
  for (const name of ['JOBWRIGHT_DATABASE_URL', 'JOBWRIGHT_REPLICA_URL'] as const)
    if (get(name) !== '' && !/^postgres(ql)?:\/\//.test(get(name)))
      throw bad(name, withoutPassword(get(name)), 'a URL such as postgres://user:password@host:5432/jobwright');
  if (url === '' && replicaUrl !== '')
    throw bad('JOBWRIGHT_REPLICA_URL', withoutPassword(replicaUrl), 'nothing, as JOBWRIGHT_DATABASE_URL is not set');
  if (url === '') return { engine: 'sqlite', file: resolve(get('JOBWRIGHT_DATA'), 'jobwright.db'), synchronous };
  return {
    engine: 'postgres',
    url,
    poolSize: wholeNumber(get, 'JOBWRIGHT_POSTGRES_POOL', 1, 1000),
    ...(replicaUrl !== '' && { replicaUrl }),
    // Nobody waits any longer for what a statement comes to.
    times: { statementMs: limitSettings(get).requestMs },
  };
}

/** Letters leave when a server for them is named. */
function mailSettings(get: (name: Variable) => string): { mail?: MailSettings } {
  const smtpUrl = get('JOBWRIGHT_SMTP_URL');
  if (smtpUrl === '') return {};
  if (!/^smtps?:\/\/[^/]/.test(smtpUrl))
    throw bad(
      'JOBWRIGHT_SMTP_URL',
      withoutPassword(smtpUrl),
      'a URL such as smtp://user:password@mail.example.org:587',
    );
  return { mail: { smtpUrl, from: get('JOBWRIGHT_MAIL_FROM'), link: get('JOBWRIGHT_MAIL_LINK') } };
}

const listed = (text: string): string[] =>
  text
    .split(',')
    .map(entry => entry.trim())
    .filter(Boolean);

function outboundSettings(get: (name: Variable) => string): OutboundSettings {
  const entries = (name: Variable): string[] => {
    const found = get(name) === 'none' ? [] : listed(get(name));
    const wrong = found.find(entry => !isOutboundEntry(entry));
    if (wrong === undefined) return found;
    throw bad(name, wrong, 'host names such as *.example.org, addresses, and ranges such as 10.0.0.0/8, with commas');
  };
  return { allow: entries('JOBWRIGHT_OUTBOUND_ALLOW'), deny: entries('JOBWRIGHT_OUTBOUND_DENY') };
}

/** Nor the user: where one begins in a mistyped URL is anybody's guess. */
const withoutPassword = (url: string): string => url.replace(/^([a-z]*:\/\/)?.*@/i, '$1…@');

/** TLS is on when a certificate is named. */
function tlsSettings(get: (name: Variable) => string): { tls?: TlsSettings } {
  const clientCertificateRequired = oneOf(get, 'JOBWRIGHT_TLS_CLIENT', ['optional', 'required']) === 'required';
  if (get('JOBWRIGHT_TLS_CERTIFICATE') === '') return {};
  const clientAuthorities = get('JOBWRIGHT_TLS_CLIENT_CA') && pem(get, 'JOBWRIGHT_TLS_CLIENT_CA');
  if (clientCertificateRequired && !clientAuthorities)
    throw bad('JOBWRIGHT_TLS_CLIENT_CA', '', 'a PEM file, as JOBWRIGHT_TLS_CLIENT is required');
  return {
    tls: {
      certificate: pem(get, 'JOBWRIGHT_TLS_CERTIFICATE'),
      key: pem(get, 'JOBWRIGHT_TLS_KEY'),
      clientCertificateRequired,
      ...(clientAuthorities && { clientAuthorities }),
    },
  };
}

function pem(get: (name: Variable) => string, name: Variable): string {
  const file = get(name);
  try {
    const text = readFileSync(file, 'utf8');
    if (text.includes('-----BEGIN ')) return text;
  } catch (error) {
    throw bad(name, file, `the path of a PEM file that can be read (${(error as NodeJS.ErrnoException).code})`);
  }
  throw bad(name, file, 'the path of a PEM file; this one holds none');
}

const MOST = 2 ** 40;

function limitSettings(get: (name: Variable) => string): Limits {
  const of = (limit: keyof Limits): [string, number] => {
    const [name, unit] = limits[limit];
    const least = limit === 'drainMs' || limit === 'graceMs' ? 0 : 1;
    return [limit, unit * wholeNumber(get, name, least, LARGEST[limit] ?? MOST / unit)];
  };
  return Object.fromEntries((Object.keys(limits) as (keyof Limits)[]).map(of)) as unknown as Limits;
}

/** Beyond these a limit would not hold: frames have lengths of 31 bits, reading goes as deep as the levels, timers take 31 bits. */
const LARGEST: { readonly [L in keyof Limits]?: number } = {
  messageBytes: 1_000_000_000,
  nesting: 500,
  drainMs: 2_000_000,
  graceMs: 2_000_000,
  halfMessageMs: 1_000_000,
  unreadMs: 1_000_000,
  requestMs: 1_000_000,
};

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
