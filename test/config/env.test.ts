/** Settings from the environment: what each variable becomes, and what is refused with what would be right. */
import { resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { BadSetting, settingsFrom, variables } from '../../src/config/env.ts';
import { DEFAULT_LIMITS } from '../../src/server/limits.ts';
import { DEFAULT_DENY, DEFAULT_OUTBOUND } from '../../src/server/outbound/addresses.ts';

const from = (env: Record<string, string | undefined>) => settingsFrom(env, '1.2.3');

test('without any variable the server is one that a new user can live with', () => {
  expect(from({})).toEqual({
    server: {
      store: { engine: 'sqlite', file: resolve('data/jobwright.db'), synchronous: 'FULL' },
      host: '127.0.0.1',
      port: 9090,
      httpPort: 9080,
      http: { corsOrigins: [] },
      limits: DEFAULT_LIMITS,
      outbound: DEFAULT_OUTBOUND,
      version: '1.2.3',
    },
    workers: 1,
    logLevel: 'info',
    firstStart: { email: 'admin@localhost', password: undefined, teamName: 'First team' },
  });
});

test('empty variables count as unset', () => {
  const empty = Object.fromEntries(Object.keys(variables).map(name => [name, '']));
  expect(from(empty)).toEqual(from({}));
});

describe('what a variable becomes', () => {
  test.each<[name: string, value: string, what: (settings: ReturnType<typeof from>) => unknown, becomes: unknown]>([
    ['JOBWRIGHT_HOST', '0.0.0.0', settings => settings.server.host, '0.0.0.0'],
    ['JOBWRIGHT_HOST', '::1', settings => settings.server.host, '::1'],
    ['JOBWRIGHT_PORT', '0', settings => settings.server.port, 0],
    ['JOBWRIGHT_HTTP_PORT', '0', settings => settings.server.httpPort, 0],
    ['JOBWRIGHT_HTTP_PORT', 'none', settings => settings.server.httpPort, undefined],
    ['JOBWRIGHT_WORKERS', '64', settings => settings.workers, 64],
    ['JOBWRIGHT_SOCKET', 'a.sock', settings => settings.server.socketPath, resolve('a.sock')],
    [
      'JOBWRIGHT_CORS_ORIGINS',
      'https://a.example, https://b.example',
      settings => settings.server.http?.corsOrigins,
      ['https://a.example', 'https://b.example'],
    ],
    ['JOBWRIGHT_OUTBOUND_DENY', 'none', settings => settings.server.outbound, { allow: [], deny: [] }],
    [
      'JOBWRIGHT_OUTBOUND_DENY',
      '10.0.0.0/8, *.internal',
      settings => settings.server.outbound?.deny,
      ['10.0.0.0/8', '*.internal'],
    ],
    [
      'JOBWRIGHT_OUTBOUND_ALLOW',
      'api.example.org,fd00::/8',
      settings => settings.server.outbound,
      { allow: ['api.example.org', 'fd00::/8'], deny: DEFAULT_DENY },
    ],
    ['JOBWRIGHT_MAX_MESSAGE_BYTES', '1000', settings => settings.server.limits?.messageBytes, 1000],
    ['JOBWRIGHT_HALF_MESSAGE_SECONDS', '7', settings => settings.server.limits?.halfMessageMs, 7000],
    ['JOBWRIGHT_DRAIN_SECONDS', '0', settings => settings.server.limits?.drainMs, 0],
    ['JOBWRIGHT_PORT', '1', settings => settings.server.port, 1],
    ['JOBWRIGHT_PORT', '65535', settings => settings.server.port, 65_535],
    ['JOBWRIGHT_DATA', '/var/lib/jobwright', fileOf, '/var/lib/jobwright/jobwright.db'],
    ['JOBWRIGHT_DATA', 'elsewhere', fileOf, resolve('elsewhere/jobwright.db')],
    [
      'JOBWRIGHT_SQLITE_SYNCHRONOUS',
      'NORMAL',
      settings => settings.server.store,
      expect.objectContaining({ synchronous: 'NORMAL' }),
    ],
    ['JOBWRIGHT_LOG_LEVEL', 'silent', settings => settings.logLevel, 'silent'],
    ['JOBWRIGHT_LOG_LEVEL', 'debug', settings => settings.logLevel, 'debug'],
    ['JOBWRIGHT_ADMIN_EMAIL', 'Ana@Example.ORG', settings => settings.firstStart.email, 'ana@example.org'],
    ['JOBWRIGHT_ADMIN_EMAIL', ' ana@example.org ', settings => settings.firstStart.email, 'ana@example.org'],
    ['JOBWRIGHT_ADMIN_PASSWORD', 'ten chars!', settings => settings.firstStart.password, 'ten chars!'],
    ['JOBWRIGHT_TEAM', 'Plant 7', settings => settings.firstStart.teamName, 'Plant 7'],
    [
      'JOBWRIGHT_DATABASE_URL',
      'postgres://ana:secret@db:5432/jobwright',
      settings => settings.server.store,
      {
        engine: 'postgres',
        url: 'postgres://ana:secret@db:5432/jobwright',
        poolSize: 10,
        times: { statementMs: 60_000 },
      },
    ],
    ['JOBWRIGHT_DATABASE_URL', 'postgresql://db/jobwright', settings => settings.server.store.engine, 'postgres'],
  ])('%s=%s', (name, value, what, becomes) => {
    expect(what(from({ [name]: value }))).toEqual(becomes);
  });

  test('JOBWRIGHT_POSTGRES_POOL is the size of the pool of PostgreSQL', () => {
    const store = from({ JOBWRIGHT_DATABASE_URL: 'postgres://db/x', JOBWRIGHT_POSTGRES_POOL: '1000' }).server.store;
    expect(store).toMatchObject({ poolSize: 1000 });
  });

  test('JOBWRIGHT_REPLICA_URL is the replica of that PostgreSQL', () => {
    const env = { JOBWRIGHT_DATABASE_URL: 'postgres://db/x', JOBWRIGHT_REPLICA_URL: 'postgres://replica/x' };
    expect(from(env).server.store).toMatchObject({ url: 'postgres://db/x', replicaUrl: 'postgres://replica/x' });
  });

  test('a statement has as long as a call', () => {
    const store = from({ JOBWRIGHT_DATABASE_URL: 'postgres://db/x', JOBWRIGHT_REQUEST_SECONDS: '90' }).server.store;
    expect(store).toMatchObject({ times: { statementMs: 90_000 } });
  });

  test('variables of other programs mean nothing', () => {
    expect(from({ PORT: '1', HOST: 'x', JOBWRIGHT: 'x', jobwright_port: '2' })).toEqual(from({}));
  });
});

describe('what is refused', () => {
  test.each([
    ['JOBWRIGHT_HTTP_PORT', 'off', /^JOBWRIGHT_HTTP_PORT: "off"; expected a whole number from 0 to 65535$/],
    ['JOBWRIGHT_MAX_NESTING', '501', /^JOBWRIGHT_MAX_NESTING: "501"; expected a whole number from 1 to 500$/],
    ['JOBWRIGHT_MAX_CALLS', '0', /^JOBWRIGHT_MAX_CALLS: "0"; expected a whole number from 1 to /],
    ['JOBWRIGHT_TLS_CERTIFICATE', '/no/such.pem', /^JOBWRIGHT_TLS_CERTIFICATE: "\/no\/such\.pem"; expected .*ENOENT/],
    ['JOBWRIGHT_TLS_CLIENT', 'maybe', /^JOBWRIGHT_TLS_CLIENT: "maybe"; expected optional, required$/],
    ['JOBWRIGHT_WORKERS', '0', /^JOBWRIGHT_WORKERS: "0"; expected a whole number from 1 to 64$/],
    ['JOBWRIGHT_WORKERS', '65', /^JOBWRIGHT_WORKERS: "65"; expected a whole number from 1 to 64$/],
    ['JOBWRIGHT_WORKERS', 'auto', /^JOBWRIGHT_WORKERS: "auto"; expected a whole number from 1 to 64$/],
    ['JOBWRIGHT_PORT', 'http', /^JOBWRIGHT_PORT: "http"; expected a whole number from 0 to 65535$/],
    ['JOBWRIGHT_PORT', '-1', /^JOBWRIGHT_PORT: "-1"; expected a whole number from 0 to 65535$/],
    ['JOBWRIGHT_PORT', '65536', /^JOBWRIGHT_PORT: "65536"; expected /],
    ['JOBWRIGHT_PORT', '90.5', /^JOBWRIGHT_PORT: "90\.5"; expected /],
    ['JOBWRIGHT_PORT', '9090,9091', /^JOBWRIGHT_PORT: "9090,9091"; expected /],
    ['JOBWRIGHT_PORT', 'Infinity', /^JOBWRIGHT_PORT: "Infinity"; expected /],
    ['JOBWRIGHT_PORT', ' ', /^JOBWRIGHT_PORT: " "; expected /],
    [
      'JOBWRIGHT_OUTBOUND_DENY',
      '10.0.0.0/8,10.0.0.0/33',
      /^JOBWRIGHT_OUTBOUND_DENY: "10\.0\.0\.0\/33"; expected host names/,
    ],
    ['JOBWRIGHT_OUTBOUND_ALLOW', 'http://a', /^JOBWRIGHT_OUTBOUND_ALLOW: "http:\/\/a"; expected host names/],
    ['JOBWRIGHT_LOG_LEVEL', 'verbose', /^JOBWRIGHT_LOG_LEVEL: "verbose"; expected debug, info, warn, error, silent$/],
    ['JOBWRIGHT_LOG_LEVEL', 'INFO', /^JOBWRIGHT_LOG_LEVEL: "INFO"; expected /],
    ['JOBWRIGHT_SQLITE_SYNCHRONOUS', 'OFF', /^JOBWRIGHT_SQLITE_SYNCHRONOUS: "OFF"; expected FULL, NORMAL$/],
    ['JOBWRIGHT_SQLITE_SYNCHRONOUS', 'full', /^JOBWRIGHT_SQLITE_SYNCHRONOUS: "full"; expected FULL, NORMAL$/],
    ['JOBWRIGHT_DATABASE_URL', 'mysql://db/x', /^JOBWRIGHT_DATABASE_URL: .*expected a URL such as postgres:\/\//],
    ['JOBWRIGHT_DATABASE_URL', 'db:5432/x', /^JOBWRIGHT_DATABASE_URL: .*expected a URL such as postgres:\/\//],
    ['JOBWRIGHT_REPLICA_URL', 'http://db/x', /^JOBWRIGHT_REPLICA_URL: .*expected a URL such as postgres:\/\//],
    ['JOBWRIGHT_REPLICA_URL', 'postgres://db/x', /^JOBWRIGHT_REPLICA_URL: .*expected nothing, as JOBWRIGHT_DATABASE_/],
    ['JOBWRIGHT_ADMIN_PASSWORD', 'nine char', /^JOBWRIGHT_ADMIN_PASSWORD: 9 characters; expected 10 to 1000$/],
    ['JOBWRIGHT_ADMIN_PASSWORD', 'x'.repeat(1001), /^JOBWRIGHT_ADMIN_PASSWORD: 1001 characters; expected 10 to 1000$/],
  ])('%s=%s', (name, value, message) => {
    expect(() => from({ [name]: value })).toThrow(BadSetting);
    expect(() => from({ [name]: value })).toThrow(message);
  });

  test.each(['0', '1001', 'ten', '1.5'])('JOBWRIGHT_POSTGRES_POOL=%s', value => {
    const env = { JOBWRIGHT_DATABASE_URL: 'postgres://db/x', JOBWRIGHT_POSTGRES_POOL: value };
    expect(() => from(env)).toThrow(`JOBWRIGHT_POSTGRES_POOL: "${value}"; expected a whole number from 1 to 1000`);
  });

  test.each([
    ['JOBWRIGHT_ADMIN_PASSWORD', 'hunter2'],
    ['JOBWRIGHT_DATABASE_URL', 'mysql://ana:hunter2@db/jobwright'],
    ['JOBWRIGHT_DATABASE_URL', 'mysql://ana:hunter2:more@db/jobwright'],
    ['JOBWRIGHT_SMTP_URL', 'ana:p@ss/hunter2@mail.example.org'],
  ])('no refusal of %s repeats a password', (name, value) => {
    expect(() => from({ [name]: value })).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('hunter2') }),
    );
  });
});

test('every variable has a meaning to print, and begins with JOBWRIGHT_', () => {
  for (const [name, { meaning }] of Object.entries(variables)) {
    expect(name).toMatch(/^JOBWRIGHT_[A-Z_]+$/);
    expect(meaning.length).toBeGreaterThan(10);
  }
});

function fileOf(settings: ReturnType<typeof from>): string | undefined {
  const { store } = settings.server;
  return store.engine === 'sqlite' ? store.file : undefined;
}
