/** `jobwright check` on a file that is damaged, and where there is none that it could look at. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import SQLite from 'better-sqlite3';
import { pino } from 'pino';
import { openStore } from '../../../src/store/database.ts';
import { run } from '../../support/process.ts';

let data: string;
let file: string;
beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), 'jobwright-check-'));
  file = join(data, 'jobwright.db');
  const store = await openStore({ engine: 'sqlite', file, synchronous: 'FULL' }, pino({ level: 'silent' }));
  await store.close();
});
afterAll(() => rm(data, { recursive: true, force: true }));

const check = (folder = data) => run(['check'], { JOBWRIGHT_DATA: folder });

test('an index that lacks a row is found', async () => {
  const db = new SQLite(file);
  db.exec(`insert into users values ('u', 'a@example.org', 'a', '', 0, 0, null, '')`);
  db.unsafeMode();
  db.pragma('writable_schema = on');
  db.exec(`update sqlite_schema set sql = replace(sql, 'last_at', 'failures') where name = 'login_failures_by_time'`);
  db.close();
  const other = new SQLite(file);
  other.exec(`insert into login_failures values ('k', 7, 8)`);
  other.unsafeMode();
  other.pragma('writable_schema = on');
  other.exec(
    `update sqlite_schema set sql = replace(sql, '"failures"', '"last_at"') where name = 'login_failures_by_time'`,
  );
  other.close();
  const { exitCode, stdout } = await check();
  expect(exitCode).toBe(1);
  expect(stdout).toMatch(
    /^wrong {2}the file is whole: .*: \d findings?\n {7}the database: integrity_check is "row 1 missing from index login_failures_by_time"/,
  );
});

test('pages that cannot be read are findings, and the other checks are told, too', async () => {
  const spoilt = join(data, 'spoilt');
  await mkdir(spoilt);
  const bytes = await readFile(file);
  const db = new SQLite(file, { readonly: true });
  const root = db.prepare(`select rootpage from sqlite_schema where name = 'jobs'`).pluck().get() as number;
  db.close();
  bytes.fill(0xff, (root - 1) * 4096, root * 4096);
  await writeFile(join(spoilt, 'jobwright.db'), bytes);
  const { exitCode, stdout } = await check(spoilt);
  expect(exitCode).toBe(1);
  expect(stdout).toMatch(
    /wrong {2}jobs count their open holds: 1 finding\n.*what this check reads is "database disk image is malformed"/,
  );
  expect(stdout).toMatch(/ok {5}files are what their checksums say/);
});

test('where there is nothing to look at, it says why', async () => {
  expect(await check(join(data, 'none'))).toMatchObject({
    exitCode: 1,
    stderr: expect.stringMatching(/there is no database at .*none\/jobwright\.db; JOBWRIGHT_DATA names its folder/),
  });
  const cases: [string, string, RegExp][] = [
    ['other', 'create table other (x)', /this is not a database of Jobwright/],
    [
      'newer',
      `insert into kysely_migration values ('999-later', '2030')`,
      /written by a newer Jobwright \(it has 999-later\)/,
    ],
    [
      'older',
      `delete from kysely_migration where name = '022-made-by'`,
      /written by an older Jobwright \(it lacks 022-made-by\); start the server once/,
    ],
  ];
  for (const [name, statement, message] of cases) {
    await mkdir(join(data, name));
    const target = join(data, name, 'jobwright.db');
    if (name !== 'other') await writeFile(target, await readFile(file));
    new SQLite(target).exec(statement).close();
    expect(await check(join(data, name))).toMatchObject({
      exitCode: 1,
      stdout: '',
      stderr: expect.stringMatching(message),
    });
  }
});
