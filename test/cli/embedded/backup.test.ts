/** `jobwright backup` and `jobwright restore` as their user runs them: what they write, what they refuse, and what they leave behind. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFile,
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import SQLite from 'better-sqlite3';
import { restore } from '../../../src/store/backup/restore.ts';
import { run, serve, storeVariables } from '../../support/process.ts';
import { logInAdmin, newTemplate, step } from '../../support/seed.ts';
import { TestServer } from '../../support/server.ts';

const MAIN = new URL('../../../src/main.ts', import.meta.url).pathname;

let server: TestServer;
let folder: string;
/** A backup that is not touched. */
let good: string;
/** Of a case. */
let place: string;
let places = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jobwright-backup-'));
  server = await TestServer.start();
  await newTemplate(await logInAdmin(server), 'Kept', [step('Weld')]);
  good = join(folder, 'good.backup');
  expect(await backup(good)).toMatchObject({ exitCode: 0 });
});
beforeEach(async () => {
  place = join(folder, String(++places));
  await mkdir(place);
});
afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

const running = () =>
  server.settings as { readonly engine: 'sqlite'; readonly file: string; readonly synchronous: 'FULL' };
const backup = (...args: string[]) => run(['backup', ...args], storeVariables(server.settings));
const restoreTo = (data: string, ...args: string[]) => run(['restore', ...args], { JOBWRIGHT_DATA: data });

/** A folder's files with what is in them. */
async function contents(of: string): Promise<Record<string, string>> {
  const names = (await readdir(of, { withFileTypes: true })).filter(entry => entry.isFile()).map(entry => entry.name);
  const found = names.map(async name => [name, (await readFile(join(of, name))).toString('base64')] as const);
  return Object.fromEntries(await Promise.all(found));
}

/** The titles of the templates in a database. */
function titles(file: string): unknown[] {
  const db = new SQLite(file, { readonly: true });
  const found = db.prepare('select distinct title from template_entries order by 1').pluck().all();
  db.close();
  return found;
}

/** A database of our own with so many megabytes in it that work on it takes a while. */
async function largeDatabase(data: string, megabytes: number): Promise<string> {
  await restoreTo(data, good);
  const file = join(data, 'jobwright.db');
  const db = new SQLite(file);
  db.exec('create table ballast (bytes blob)');
  const insert = db.prepare('insert into ballast values (randomblob(1048576))');
  db.transaction(() => {
    for (let count = 0; count < megabytes; count++) insert.run();
  })();
  db.close();
  return file;
}

/** Runs a command until a file appears whose name has this in it. @throws Error when it ends before */
async function untilThere(args: string[], env: Record<string, string>, where: string, part: string) {
  const child = spawn(process.execPath, [MAIN, ...args], { env: { ...process.env, ...env } });
  const closed = once(child, 'close') as Promise<[number | null, string | null]>;
  let stderr = '';
  child.stderr.on('data', chunk => {
    stderr += chunk;
  });
  while (!(await readdir(where)).some(name => name.includes(part))) {
    if (child.exitCode !== null) throw new Error(`${args.join(' ')} ended before there was a ${part}: ${stderr}`);
    await pause(1);
  }
  return { child, ended: async () => ({ ended: await closed, stderr }) };
}

describe('a backup', () => {
  test('is a database by itself, for its owner alone, and beside a running server', async () => {
    const file = join(place, 'a.backup');
    const { exitCode, stdout, stderr } = await backup(file);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: 'copying: 100 %\nchecking: 100 %\nsealing: 100 %\n' });
    expect(stdout).toMatch(
      /a\.backup: the database as of the beginning of the backup, \d+\.\d MB, SHA-256 [0-9a-f]{64}\n$/,
    );
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readdir(place)).toEqual(['a.backup']);
    expect(titles(file)).toEqual(['Kept']);
  });

  test('replaces a file only with --force', async () => {
    const file = join(place, 'a.backup');
    await writeFile(file, 'precious');
    const refused = await backup(file);
    expect(refused).toEqual({
      exitCode: 1,
      stdout: '',
      stderr: `jobwright: ${file} is there already; --force replaces it\n`,
    });
    expect(await readFile(file, 'utf8')).toBe('precious');
    expect(await backup(file, '--force')).toMatchObject({ exitCode: 0 });
    expect(titles(file)).toEqual(['Kept']);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  test('never takes the place of the database, whatever name it is given', async () => {
    const { file } = running();
    const link = join(place, 'link');
    await symlink(file, link);
    for (const name of [file, link])
      expect(await backup(name, '--force')).toMatchObject({
        exitCode: 1,
        stderr: expect.stringMatching(/ itself; name another file/),
      });
    expect(titles(file)).toEqual(['Kept']);
  });

  test.each<[string, () => string, RegExp]>([
    ['a folder', () => place, /is no file; name one/],
    ['a device', () => '/dev/null', /is no file; name one/],
    ['a place that there is not', () => join(place, 'none', 'a'), /there is no folder .*none; make it first/],
    ['a place below a file', () => join(good, 'a'), /there is no folder .*good\.backup; make it first/],
  ])('to %s is refused', async (_, target, message) => {
    const before = await readdir(folder);
    const { exitCode, stdout, stderr } = await backup(target(), '--force');
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toMatch(message);
    expect(await readdir(place)).toEqual([]);
    expect(await readdir(folder)).toEqual(before);
  });

  test('of what is no database of ours is refused', async () => {
    expect(await run(['backup', join(place, 'a')], { JOBWRIGHT_DATA: join(place, 'none') })).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/there is no database at .*none\/jobwright\.db; JOBWRIGHT_DATA names its folder/),
    });
    await mkdir(join(place, 'data'));
    new SQLite(join(place, 'data', 'jobwright.db')).exec('create table other (x)').close();
    expect(await run(['backup', join(place, 'a')], { JOBWRIGHT_DATA: join(place, 'data') })).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/is not a database of Jobwright/),
    });
    expect(await readdir(place)).toEqual(['data']);
  });

  test('ends while others write without a pause, and has nothing of what they write meanwhile', async () => {
    const data = join(place, 'data');
    const db = new SQLite(await largeDatabase(data, 100));
    db.pragma('journal_mode = WAL');
    db.exec('create table written (during integer)');
    const write = db.prepare('insert into written values (?)');
    write.run(0);
    const target = join(place, 'a.backup');
    const { ended } = await untilThere(['backup', target], { JOBWRIGHT_DATA: data }, place, 'partial');
    let writes = 0;
    let over = false;
    const end = ended().finally(() => {
      over = true;
    });
    for (; !over; await pause(1)) write.run(++writes);
    expect((await end).ended).toEqual([0, null]);
    db.close();
    expect(writes).toBeGreaterThan(20);
    const copy = new SQLite(target, { readonly: true });
    expect(copy.prepare('select max(during) from written').pluck().get()).toBeLessThan(writes / 2);
    copy.close();
  });

  test('for which there is no room leaves nothing', async () => {
    // No file larger than 100 KB: what a full disk does, for this process alone.
    const command = `ulimit -f 100; exec "$0" "$@"`;
    const child = spawn('bash', ['-c', command, process.execPath, MAIN, 'backup', join(place, 'a.backup')], {
      env: { ...process.env, ...storeVariables(server.settings) },
    });
    let stderr = '';
    child.stderr.on('data', chunk => {
      stderr += chunk;
    });
    const [exitCode] = await once(child, 'close');
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/jobwright: .*a\.backup could not be written: .*; nothing of it is left\n$/);
    expect(await readdir(place)).toEqual([]);
  });

  test('of a damaged database is refused', async () => {
    const data = join(place, 'data');
    await restoreTo(data, good);
    const file = join(data, 'jobwright.db');
    const bytes = await readFile(file);
    bytes.fill(0xff, 40_960, 45_056);
    await writeFile(file, bytes);
    const { exitCode, stderr } = await run(['backup', join(place, 'a')], { JOBWRIGHT_DATA: data });
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/the database is damaged: /);
    expect(await readdir(place)).toEqual(['data']);
  });

  test('on PostgreSQL is left to its own tools, and so is restoring', async () => {
    const postgres = { JOBWRIGHT_DATABASE_URL: 'postgres://ana@localhost/jobwright' };
    for (const [command, tool] of [
      ['backup', 'pg_dump'],
      ['restore', 'pg_restore'],
    ] as const) {
      const { exitCode, stderr } = await run([command, join(place, 'a')], postgres);
      expect(exitCode).toBe(1);
      expect(stderr).toContain(`"jobwright ${command}" is for the embedded database`);
      expect(stderr).toContain(`use ${tool}`);
    }
  });

  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('that is ended by %s leaves nothing', async signal => {
    const data = join(place, 'data');
    await largeDatabase(data, 200);
    const target = join(place, 'a.backup');
    const { child, ended } = await untilThere(['backup', target], { JOBWRIGHT_DATA: data }, place, 'partial');
    child.kill(signal);
    const { ended: end, stderr } = await ended();
    expect({ end, stderr }).toEqual({
      end: [1, null],
      stderr: expect.stringMatching(/interrupted; .*a\.backup is as it was\n$/),
    });
    expect(await readdir(place)).toEqual(['data']);
  });

  test('that is killed in the middle leaves what stood under its name', async () => {
    const data = join(place, 'data');
    await largeDatabase(data, 200);
    const target = join(place, 'a.backup');
    await copyFile(good, target);
    const { child, ended } = await untilThere(
      ['backup', target, '--force'],
      { JOBWRIGHT_DATA: data },
      place,
      'partial',
    );
    child.kill('SIGKILL');
    expect((await ended()).ended).toEqual([null, 'SIGKILL']);
    expect((await readFile(target)).equals(await readFile(good))).toBe(true);
    const other = join(place, 'b.backup');
    const second = await untilThere(['backup', other], { JOBWRIGHT_DATA: data }, place, 'b.backup.partial');
    second.child.kill('SIGKILL');
    await second.ended();
    expect(await readdir(place)).not.toContain('b.backup');
  });
});

describe('restoring', () => {
  test('makes a database that a server starts with', async () => {
    const data = join(place, 'data');
    const { exitCode, stdout } = await restoreTo(data, good);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/jobwright\.db: restored, \d/);
    expect(await readdir(data)).toEqual(['jobwright.db']);
    expect((await stat(join(data, 'jobwright.db'))).mode & 0o777).toBe(0o600);
    const restored = await serve({ engine: 'sqlite', file: join(data, 'jobwright.db'), synchronous: 'FULL' });
    expect(restored.printed.join('\n')).not.toMatch(/First start/);
    await restored.end('SIGTERM');
    expect(titles(join(data, 'jobwright.db'))).toEqual(['Kept']);
  });

  test('is refused while a server runs, with and without --force, and when it only waits for calls', async () => {
    const { file } = running();
    const data = storeVariables(server.settings).JOBWRIGHT_DATA!;
    const before = (await readdir(data)).sort();
    expect(await restoreTo(data, good)).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/there is a database at .* already/),
    });
    const { exitCode, stderr } = await restoreTo(data, good, '--force');
    expect({ exitCode, stderr }).toEqual({
      exitCode: 1,
      stderr: `jobwright: ${file} is in use: a server runs on it, or another command works with it; stop it first\n`,
    });
    expect((await readdir(data)).sort()).toEqual(before);
    expect(titles(file)).toEqual(['Kept']);
  });

  test('keeps a server from starting meanwhile', async () => {
    const [large, data] = [join(place, 'large'), join(place, 'data')];
    const file = await largeDatabase(large, 200);
    await mkdir(data);
    const { child, ended } = await untilThere(['restore', file], { JOBWRIGHT_DATA: data }, data, 'partial');
    // However long a server takes to start, the restore is not done by then.
    child.kill('SIGSTOP');
    const started = await run(['serve'], { JOBWRIGHT_DATA: data, JOBWRIGHT_PORT: '0', JOBWRIGHT_HTTP_PORT: 'none' });
    expect(started).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(/database is locked/) });
    child.kill('SIGCONT');
    expect((await ended()).ended).toEqual([0, null]);
    expect(await readdir(data)).toEqual(['jobwright.db']);
  });

  test('with --force keeps the database that was there, with what a killed server had left in its log', async () => {
    const data = join(place, 'data');
    const file = join(data, 'jobwright.db');
    await restoreTo(data, good);
    const other = new SQLite(file);
    other.pragma('journal_mode = WAL');
    other.pragma('wal_autocheckpoint = 0');
    other.exec(`update template_entries set title = 'Of before'`);
    // As a kill leaves it: the log beside the database.
    const left = await contents(data);
    other.close();
    for (const [name, bytes] of Object.entries(left)) await writeFile(join(data, name), Buffer.from(bytes, 'base64'));
    await rm(`${file}-shm`, { force: true });
    expect((await stat(`${file}-wal`)).size).toBeGreaterThan(0);
    expect(await restoreTo(data, good, '--force')).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/that was there is .*replaced-/),
    });
    const names = (await readdir(data)).sort();
    expect(names).toEqual(['jobwright.db', expect.stringMatching(/^jobwright\.db\.replaced-\d{4}-\d\d-\d\dT/)]);
    expect(titles(file)).toEqual(['Kept']);
    expect(titles(join(data, names[1]!))).toEqual(['Of before']);
  });

  test('takes the place of a database that cannot be read any more', async () => {
    const data = join(place, 'data');
    await mkdir(data);
    await writeFile(join(data, 'jobwright.db'), Buffer.alloc(8192, 7));
    await writeFile(join(data, 'jobwright.db-wal'), 'left');
    expect(await restoreTo(data, good, '--force')).toMatchObject({ exitCode: 0 });
    const names = (await readdir(data)).sort();
    const kept = expect.stringMatching(/^jobwright\.db\.replaced-.*Z$/);
    expect(names).toEqual(['jobwright.db', kept, expect.stringMatching(/^jobwright\.db\.replaced-.*Z-wal$/)]);
    expect(titles(join(data, 'jobwright.db'))).toEqual(['Kept']);
  });

  test('that is killed in the middle leaves the database as it was, and can be done again', async () => {
    const [large, data] = [join(place, 'large'), join(place, 'data')];
    const file = await largeDatabase(large, 200);
    for (const before of ['none', 'one']) {
      await mkdir(data, { recursive: true });
      if (before === 'one') await restoreTo(data, good);
      const { child, ended } = await untilThere(
        ['restore', file, '--force'],
        { JOBWRIGHT_DATA: data },
        data,
        'partial',
      );
      child.kill('SIGKILL');
      expect((await ended()).ended).toEqual([null, 'SIGKILL']);
      if (before === 'one') expect(titles(join(data, 'jobwright.db'))).toEqual(['Kept']);
      expect(await restoreTo(data, good, ...(before === 'one' ? ['--force'] : []))).toMatchObject({ exitCode: 0 });
      expect(titles(join(data, 'jobwright.db'))).toEqual(['Kept']);
      await rm(data, { recursive: true });
    }
  });

  test('of the database itself is refused', async () => {
    const data = join(place, 'data');
    await restoreTo(data, good);
    const file = join(data, 'jobwright.db');
    expect(await restoreTo(data, file, '--force')).toMatchObject({
      exitCode: 1,
      stderr: `jobwright: ${file} is the database itself; name a backup\n`,
    });
    expect(await readdir(data)).toEqual(['jobwright.db']);
  });

  /** What is no backup, each made of a good one. */
  const bad: Readonly<Record<string, [RegExp, (file: string) => Promise<void>]>> = {
    'is not there': [/there is no file /, file => rm(file)],
    'is a folder': [
      /is no file/,
      async file => {
        await rm(file);
        await mkdir(file);
      },
    ],
    'is empty': [/is not a database of Jobwright/, file => truncate(file, 0)],
    'is a text': [/is not a database/, file => writeFile(file, 'to be or not to be '.repeat(1000))],
    'is a database of something else': [
      /is not a database of Jobwright/,
      async file => {
        await rm(file);
        new SQLite(file).exec('create table other (x)').close();
      },
    ],
    'is of a newer version': [
      /was written by a newer Jobwright \(it has 999-later\); restore it with that version/,
      async file => {
        await truncate(file, (await stat(file)).size - 92);
        new SQLite(file).exec(`insert into kysely_migration values ('999-later', '2030')`).close();
      },
    ],
    'is cut in half': [/is damaged: /, async file => truncate(file, Math.floor((await stat(file)).size / 2))],
    'has lost its last page': [/is damaged: /, async file => truncate(file, (await stat(file)).size - 92 - 4096)],
    'has lost a byte of its seal': [
      /is damaged: it has \d+ bytes/,
      async file => truncate(file, (await stat(file)).size - 1),
    ],
    'has something behind it': [/is damaged: it has \d+ bytes/, file => appendFile(file, 'more')],
    'has a log beside it': [
      /-wal lies beside it: .* is a database in use, not a backup/,
      file => writeFile(`${file}-wal`, 'x'),
    ],
  };

  test.each(Object.entries(bad))('of a file that %s is refused', async (_, [message, spoil]) => {
    const [file, data] = [join(place, 'bad.backup'), join(place, 'data')];
    await copyFile(good, file);
    await spoil(file);
    await mkdir(data);
    const { exitCode, stdout, stderr } = await restoreTo(data, file);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toMatch(message);
    expect(await readdir(data)).toEqual([]);
    await restoreTo(data, good);
    const before = await contents(data);
    expect(await restoreTo(data, file, '--force')).toMatchObject({ exitCode: 1 });
    expect(await contents(data)).toEqual(before);
  });

  test('of a file in which one byte is another is refused, whichever it is', async () => {
    const bytes = await readFile(good);
    const seed = Math.floor(Math.random() * 2 ** 31);
    let state = seed;
    const file = join(place, 'flipped.backup');
    const watched = { report: () => {}, signal: new AbortController().signal, overwrite: false, now: 0 };
    for (let round = 0; round < 60; round++) {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 1;
      // Each tenth in the seal or its neighbourhood.
      const at = round % 10 === 0 ? bytes.length - 1 - (state % 92) : state % bytes.length;
      const flipped = Buffer.from(bytes);
      flipped[at]! ^= 1 << (state % 8);
      await writeFile(file, flipped);
      const outcome = await restore(file, join(place, 'data', 'jobwright.db'), watched).catch(
        (error: Error) => error.message,
      );
      expect({ seed, at, outcome }).toEqual({
        seed,
        at,
        outcome: expect.stringMatching(/is damaged|is not a database/),
      });
      expect(await readdir(join(place, 'data'))).toEqual([]);
    }
  });

  test('takes a database that another tool has copied, and says that it has no seal', async () => {
    const [file, data] = [join(place, 'copied.db'), join(place, 'data')];
    const db = new SQLite(good, { readonly: true });
    await db.backup(file);
    db.close();
    expect(await restoreTo(data, file)).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/has no seal/) });
    expect(titles(join(data, 'jobwright.db'))).toEqual(['Kept']);
  });
});
