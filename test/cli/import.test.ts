/**
 * `jobwright import` as a user runs it: a process of its own against a server. Procedures land whole, or there is one line on standard
 * error that says what to mend, and nothing is written. And the commands that only tell: --help and version.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Kysely } from 'kysely';
import { TeamRole } from '#gen/user_types';
import { importFiles } from '../../src/cli/import.ts';
import { inWords } from '../../src/cli/output.ts';
import type { Database } from '../../src/store/schema.ts';
import { type Finished, run } from '../support/process.ts';
import { logInAdmin, newUser, type TestUser } from '../support/seed.ts';
import { ADMIN, TestServer } from '../support/server.ts';
import { leaves } from '../support/trees.ts';

const procedures = new URL('../../examples/procedures/', import.meta.url).pathname;
const examples = ['centrifugal-pump-overhaul', 'confined-space-entry', 'fire-hydrant-inspection', 'lockout-tagout'].map(
  name => join(procedures, `${name}.json`),
);

let server: TestServer;
let admin: TestUser;
let folder: string;

beforeAll(async () => {
  server = await TestServer.start();
  admin = await logInAdmin(server);
  folder = await mkdtemp(join(tmpdir(), 'jobwright-import-'));
});
afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

const importing = (files: readonly string[], more: readonly string[] = [], env: Record<string, string> = {}) => {
  const where = ['--host', server.address.host, '--port', String(server.address.port), '--email', ADMIN.email];
  return run(['import', ...where, ...more, ...files], { JOBWRIGHT_PASSWORD: ADMIN.password, ...env });
};

const templateCount = (): Promise<number> =>
  server.store.read(async reader => {
    const { db } = reader.people as unknown as { db: Kysely<Database> };
    return (await db.selectFrom('templates').select('template_id').execute()).length;
  });

let files = 0;

/** A file with this text, or this value as JSON. */
async function fileWith(content: unknown): Promise<string> {
  const file = join(folder, `procedure-${++files}.json`);
  await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
}

const procedure = (more: object = {}): object => ({
  title: 'Change a fuse',
  stepGroup: { impl: { stepGroup: {} }, children: [{ title: 'Switch off', impl: { step: {} } }] },
  ...more,
});

/** One line for a person, and nothing else. */
const expectComplaint = ({ exitCode, stdout, stderr }: Finished, message: RegExp): void => {
  expect(stderr).toMatch(message);
  expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  expect(stderr).not.toMatch(/\bat .*:\d+:\d+/);
  expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
};

describe('the example procedures', () => {
  test('land whole: every step of the files in its place, unpublished and unlocked', async () => {
    const { exitCode, stdout, stderr } = await importing(examples);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    const lines = stdout.trimEnd().split('\n');
    expect(lines).toHaveLength(examples.length);
    for (const [index, file] of examples.entries()) {
      const json = JSON.parse(await readFile(file, 'utf8'));
      const [id, title] = lines[index]!.split(/ {2}/);
      const template = await admin.templates.get(id!);
      expect(title).toBe(json.title);
      expect(template).toMatchObject({
        title: json.title,
        descrip: json.descrip ?? '',
        status: 'Unpublished',
        locked: null,
      });
      expect(outline(template.stepGroup)).toEqual(outline({ ...json.stepGroup, title: json.title }));
      expect(leaves(template.stepGroup).length).toBe(leaves(json.stepGroup).length);
      expect(leaves(template.stepGroup).length).toBeGreaterThanOrEqual(12);
    }
  });

  test('are published with --publish', async () => {
    const { exitCode, stdout } = await importing(examples.slice(2), ['--publish']);
    expect(exitCode).toBe(0);
    const lines = stdout.trimEnd().split('\n');
    expect(lines).toHaveLength(2);
    for (const line of lines) {
      expect(line).toMatch(/, published as version 1$/);
      const published = await admin.templates.getPublicVersion(line.split(' ')[0]!, 0);
      expect(published).toMatchObject({ status: 'Published', publicVersion: 1 });
      expect(leaves(published.stepGroup).length).toBeGreaterThanOrEqual(12);
    }
  });

  /** Titles and nesting. */
  const outline = (node: { title: string; children?: readonly object[] }): unknown => [
    node.title,
    (node.children ?? []).map(child => outline(child as never)),
  ];
});

test('the password may come by --password instead of the environment', async () => {
  const file = await fileWith(procedure());
  const { exitCode } = await importing([file], ['--password', ADMIN.password], { JOBWRIGHT_PASSWORD: 'not this one' });
  expect(exitCode).toBe(0);
});

test('the session of an import ends with it', async () => {
  const tokens = () =>
    server.store.read(async reader => {
      const { db } = reader.people as unknown as { db: Kysely<Database> };
      return (await db.selectFrom('tokens').select('token_id').execute()).length;
    });
  const before = await tokens();
  expect((await importing([await fileWith(procedure())])).exitCode).toBe(0);
  expect(await tokens()).toBe(before);
});

describe('an import that fails writes nothing and says why in one line', () => {
  test.each<[what: string, content: unknown, message: RegExp]>([
    ['malformed JSON', '{"title": "x",', /\.json: no JSON: /],
    ['no JSON at all', 'Switch off the power', /\.json: no JSON: /],
    ['an empty file', '', /\.json: no JSON: /],
    ['another value than an object', [], /\.json: .*\[\]; expected an object$/],
    ['an unknown field', procedure({ colour: 'red' }), /\.json: .*\.colour: .*no such field.* has id, title, /],
    [
      'an unknown field deep inside',
      procedure({ stepGroup: { impl: { stepGroup: {} }, children: [{ title: 'A', impl: { step: {} }, note: 1 }] } }),
      /stepGroup\.children\[0\]\.note: .*no such field/,
    ],
    [
      'a field that is not for import',
      procedure({ publicVersion: 3 }),
      /publicVersion: cannot be imported; title, descrip, typ, defaults, extendedPropertyTables and stepGroup are/,
    ],
    ['a value of the wrong type', procedure({ title: 7 }), /\.title: 7; expected a text/],
    ['no title', procedure({ title: undefined }), /title: .*expected|title: (empty|missing)/],
    [
      'no step group',
      procedure({ stepGroup: undefined }),
      /stepGroup: expected the root group, with impl\.stepGroup and children/,
    ],
    [
      'a step for a root',
      procedure({ stepGroup: { impl: { step: {} }, children: [] } }),
      /stepGroup: expected the root group/,
    ],
    ['a root without children', procedure({ stepGroup: { impl: { stepGroup: {} } } }), /stepGroup.*children/],
    [
      'a root with an id',
      procedure({ stepGroup: { id: 'x', impl: { stepGroup: {} }, children: [] } }),
      /stepGroup\.id: cannot be imported/,
    ],
    [
      'a child that is neither step nor group',
      procedure({ stepGroup: { impl: { stepGroup: {} }, children: [{ title: 'What am I' }] } }),
      /stepGroup\.children\[0\].*impl/,
    ],
    [
      'a child that is both step and group',
      procedure({
        stepGroup: { impl: { stepGroup: {} }, children: [{ title: 'Both', impl: { step: {}, stepGroup: {} } }] },
      }),
      /stepGroup\.children\[0\]\.impl.*exactly one of step, stepGroup/,
    ],
    [
      'an unknown enum name',
      procedure({ defaults: { assignedType: 'Everybody' } }),
      /defaults\.assignedType: "Everybody"; expected one of Unassigned, Group, User/,
    ],
  ])('%s', async (_what, content, message) => {
    const before = await templateCount();
    const options = { ...server.address, port: String(server.address.port), ...ADMIN, publish: false };
    const printed: string[] = [];
    const imported = importFiles([await fileWith(content)], options, text => printed.push(text));
    const words = await imported.then(() => 'it was imported', inWords);
    expect(words).toMatch(message);
    expect(words).not.toContain('\n');
    expect(printed).toEqual([]);
    expect(await templateCount()).toBe(before);
  });

  test.each<[what: string, content: unknown, message: RegExp]>([
    ['malformed JSON', '{"title": "x",', /^jobwright: .*\.json: no JSON: /],
    ['an unknown field', procedure({ colour: 'red' }), /^jobwright: .*\.colour: .*no such field/],
  ])('%s, as a user sees it', async (_what, content, message) => {
    const before = await templateCount();
    expectComplaint(await importing([await fileWith(content)]), message);
    expect(await templateCount()).toBe(before);
  });

  test('a bad file behind a good one: neither is written', async () => {
    const before = await templateCount();
    expectComplaint(await importing([examples[3]!, await fileWith('{')]), /no JSON/);
    expect(await templateCount()).toBe(before);
  });

  test('a file that is not there', async () => {
    const before = await templateCount();
    expectComplaint(await importing([join(folder, 'no-such-file.json')]), /no-such-file\.json/);
    expect(await templateCount()).toBe(before);
  });

  test('a folder in place of a file', async () => {
    expectComplaint(await importing([folder]), new RegExp(folder));
  });

  test('a wrong password', async () => {
    const before = await templateCount();
    const finished = await importing([examples[3]!], [], { JOBWRIGHT_PASSWORD: 'not-the-password' });
    expectComplaint(finished, /^jobwright: bad-credentials: email and password do not fit together; check both$/m);
    expect(finished.stderr).not.toContain('not-the-password');
    expect(await templateCount()).toBe(before);
  });

  test('nobody listening', async () => {
    const gone = await TestServer.start();
    const { port } = gone.address;
    await gone.stop();
    const finished = await importing([examples[3]!], ['--port', String(port)]);
    expectComplaint(
      finished,
      new RegExp(`^jobwright: connect ECONNREFUSED 127\\.0\\.0\\.1:${port}; is the server running there\\?`),
    );
  });

  test.each(['http', '70000', ''])('the port "%s"', async port => {
    expectComplaint(await importing([examples[3]!], ['--port', port]), /port/i);
  });

  test('a user who may not write templates', async () => {
    const ben = await newUser(server, admin, 'ben', TeamRole.EXECUTOR);
    const before = await templateCount();
    const finished = await importing([examples[3]!], ['--email', ben.email, '--password', ben.password]);
    expectComplaint(
      finished,
      /^jobwright: "Lockout and tagout of a hydraulic press": insufficient-permissions: this needs the privilege templateCreate/,
    );
    expect(await templateCount()).toBe(before);
  });

  test('a team that is not there', async () => {
    const before = await templateCount();
    expectComplaint(
      await importing([examples[3]!], ['--team', 'elsewhere']),
      /^jobwright: ".*": team-not-found: .*elsewhere/,
    );
    expect(await templateCount()).toBe(before);
  });

  test('no team named by a member of several: the message names them', async () => {
    const two = await TestServer.start();
    const owner = await logInAdmin(two);
    const other = await owner.teams.create('Second plant', '');
    const where = ['--port', String(two.address.port), '--email', ADMIN.email, '--password', ADMIN.password];
    expectComplaint(
      await run(['import', ...where, examples[3]!]),
      new RegExp(`^jobwright: --team: name one of your teams: .*${other.id} \\(Second plant\\)`),
    );
    const { exitCode, stdout } = await run(['import', ...where, '--team', other.id, examples[3]!]);
    expect(exitCode).toBe(0);
    const fetched = await owner.templates.fetch({} as never, [stdout.split(' ')[0]!]);
    expect(Object.values(fetched)[0]?.template?.teamId).toBe(other.id);
    await two.stop();
  });
});

describe('a procedure that only the server can refuse', () => {
  const tooLong = procedure({
    title: 'Refused half-way',
    stepGroup: {
      impl: { stepGroup: {} },
      children: [
        { title: 'Good', impl: { step: {} } },
        { title: 'x'.repeat(501), impl: { step: {} } },
      ],
    },
  });

  test('is named, with the reason, in one line', async () => {
    expectComplaint(await importing([await fileWith(tooLong)]), /^jobwright: .*limit-exceeded: .*501 characters/);
  });

  test('leaves no session behind, and so no lock on what was written of it', async () => {
    const carol = await newUser(server, admin, 'carol', TeamRole.AUTHOR);
    await importing([await fileWith(tooLong)], ['--email', carol.email, '--password', carol.password]);
    const locks = await server.store.read(async reader => {
      const { db } = reader.people as unknown as { db: Kysely<Database> };
      return db.selectFrom('template_locks').selectAll().where('user_id', '=', carol.id).execute();
    });
    expect(locks).toEqual([]);
  });

  test('that cannot be published is imported, and the reason is told', async () => {
    const empty = procedure({ title: 'Without steps', stepGroup: { impl: { stepGroup: {} }, children: [] } });
    const { exitCode, stderr } = await importing([await fileWith(empty)], ['--publish']);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^jobwright: .*invalid-procedure: the template has no steps; add at least one/);
  });
});

describe('what the program tells of itself', () => {
  test('--help names every command', async () => {
    const { exitCode, stdout, stderr } = await run(['--help']);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    for (const command of ['serve', 'import', 'demo', 'version'])
      expect(stdout).toMatch(new RegExp(`^ +${command}\\b.{10}`, 'm'));
  });

  test('import --help names every option and gives an example', async () => {
    const { exitCode, stdout } = await run(['import', '--help']);
    expect(exitCode).toBe(0);
    for (const option of ['--host', '--port', '--email', '--password', '--team', '--publish', 'JOBWRIGHT_PASSWORD'])
      expect(stdout).toContain(option);
    expect(stdout).toMatch(/Example:\n.*jobwright import .*examples\/procedures/);
  });

  test('serve --help names every variable with its default', async () => {
    const { exitCode, stdout } = await run(['serve', '--help']);
    expect(exitCode).toBe(0);
    const { variables } = await import('../../src/config/env.ts');
    for (const [name, { fallback }] of Object.entries(variables)) {
      const line = stdout.split('\n').find(text => text.trim().split(/\s+/)[0] === name);
      expect(line).toContain(fallback && `(default ${fallback})`);
    }
  });

  test('version is that of package.json', async () => {
    const { version } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'));
    expect(await run(['version'])).toEqual({ exitCode: 0, stdout: `${version}\n`, stderr: '' });
  });

  test.each([
    ['an unknown command', ['improt'], /unknown command 'improt'[\s\S]*import/],
    [
      'an unknown option',
      ['import', '--email', 'ana@example.org', '--password', 'x', '--pubish', 'x.json'],
      /unknown option '--pubish'[\s\S]*--publish/,
    ],
    ['no file', ['import', '--email', 'ana@example.org', '--password', 'x'], /missing required argument 'file'/],
    ['no e-mail address', ['import', '--password', 'x', 'x.json'], /required option '--email/],
  ])('%s is refused with what would be right', async (_what, args, message) => {
    const { exitCode, stdout, stderr } = await run(args, { JOBWRIGHT_PASSWORD: '' });
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toMatch(message);
  });

  test('a bad setting is refused in one line', async () => {
    expectComplaint(
      await run(['serve'], { JOBWRIGHT_PORT: 'http' }),
      /^jobwright: JOBWRIGHT_PORT: "http"; expected a whole number/,
    );
  });
});
