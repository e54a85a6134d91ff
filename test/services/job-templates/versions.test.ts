/** Entries and their numbers: what create, get and update make and answer. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ErrorCode } from '#gen/common_types';
import { AssignedType } from '#gen/flow_types';
import { TemplateType } from '#gen/job_template_types';
import { TeamRole } from '#gen/user_types';
import { expectRefusal } from '../../support/refusals.ts';
import { expectNothingWritten, rowsOf } from '../../support/rows.ts';
import { logInAdmin, newTemplate, newUser, publishedTemplate, step, type TestUser } from '../../support/seed.ts';
import { TestServer } from '../../support/server.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

let server: TestServer;
let ana: TestUser;
let ben: TestUser;
const seconds = () => Math.floor(server.clock.now() / 1000);
async function entriesOf(templateId: string): Promise<number> {
  const entries = await rowsOf(server, 'template_entries');
  return entries.filter(entry => entry.template_id === templateId).length;
}

beforeAll(async () => {
  server = await TestServer.start();
  const admin = await logInAdmin(server);
  ana = await newUser(server, admin, 'ana', TeamRole.AUTHOR);
  ben = await newUser(server, admin, 'ben', TeamRole.AUTHOR);
});
afterAll(() => server.stop());

describe('create', () => {
  test('makes entry 1: unpublished, without public version, unlocked, with an empty root group', async () => {
    const template = await ana.templates.create(ana.teamId, { title: 'Pump overhaul', descrip: 'Yearly' }, []);
    expect(template).toMatchObject({
      title: 'Pump overhaul',
      descrip: 'Yearly',
      version: 1,
      publicVersion: 0,
      publishedVersion: 0,
      status: 'Unpublished',
      publishedAt: 0,
      archivedAt: 0,
      lastAuthor: ana.id,
      locked: null,
      lastPublishedBy: null,
      system: false,
      typ: TemplateType.Job,
      documents: [],
      templateTags: [],
      metadataById: {},
    });
    expect(template.id).toMatch(UUID);
    expect(template.team).toMatchObject({ id: ana.teamId, name: 'Plant' });
    expect(template.stepGroup).toMatchObject({
      title: 'Pump overhaul',
      children: [],
      hierarchyPosition: '',
      parentId: '',
      impl: { step: null, stepGroup: {} },
    });
    expect(template.stepGroup.id).toMatch(UUID);
    expect(await entriesOf(template.id)).toBe(1);
  });

  test('answers what get answers afterwards', async () => {
    const template = await ana.templates.create(ana.teamId, { title: 'As read' }, []);
    expect(await ana.templates.get(template.id)).toEqual(template);
  });

  test('gives times in Unix seconds, and counts the creation as lastPublishedAt', async () => {
    const before = seconds();
    const { lastAuthoredAt, lastPublishedAt } = await ana.templates.create(ana.teamId, { title: 'Timed' }, []);
    expect(lastAuthoredAt).toBeGreaterThanOrEqual(before);
    expect(lastAuthoredAt).toBeLessThanOrEqual(seconds());
    expect(lastPublishedAt).toBe(lastAuthoredAt);
  });

  test('keeps type and defaults, and leaves out what was not given', async () => {
    const defaults = { jobName: 'Round', priority: 'High', assignedType: AssignedType.Group, assignedTo: 'EXECUTOR' };
    const template = await ana.templates.create(
      ana.teamId,
      { title: 'Issue', typ: TemplateType.Issue, defaults: { ...defaults, durationMs: 86_400_000 } },
      [],
    );
    expect(template.typ).toBe(TemplateType.Issue);
    expect(template.defaults).toMatchObject({ ...defaults, durationMs: 86_400_000, notes: null, finalStatus: null });
  });

  test('makes a template of its own each time, also under the same title, and ignores expectedVersion', async () => {
    const params = { title: 'Twice', expectedVersion: 7 };
    const first = await ana.templates.create(ana.teamId, params, []);
    const second = await ana.templates.create(ana.teamId, params, []);
    expect(second.id).not.toBe(first.id);
    expect(second.stepGroup.id).not.toBe(first.stepGroup.id);
    expect([first.version, second.version]).toEqual([1, 1]);
  });
});

describe('update', () => {
  test('makes a new latest entry each time and counts its version up', async () => {
    const { id } = await ana.templates.create(ana.teamId, { title: 'First' }, []);
    await ana.templates.acquireLock(id);
    const second = await ana.templates.update(id, { title: 'Second' });
    const third = await ana.templates.update(id, { descrip: 'About it' });
    expect([second.version, third.version]).toEqual([2, 3]);
    expect(third).toMatchObject({ id, title: 'Second', descrip: 'About it', publicVersion: 0, status: 'Unpublished' });
    expect(await ana.templates.get(id)).toEqual(third);
    expect(await entriesOf(id)).toBe(3);
  });

  test('writes what is set and nothing else: an empty description is one that is set', async () => {
    const defaults = { jobName: 'Round' };
    const made = await ana.templates.create(ana.teamId, { title: 'Kept', descrip: 'Goes', defaults }, []);
    await ana.templates.acquireLock(made.id);
    const updated = await ana.templates.update(made.id, { descrip: '' });
    expect(updated).toMatchObject({ title: 'Kept', descrip: '', defaults: made.defaults });
    const replaced = await ana.templates.update(made.id, { defaults: { notes: 'New' } });
    expect(replaced.defaults).toMatchObject({ jobName: null, notes: 'New' });
  });

  test('keeps the tree: the steps with their ids, and the title of the root follows', async () => {
    const before = await newTemplate(ana, 'Old title', [step('One'), step('Two')]);
    await ana.templates.acquireLock(before.id);
    const after = await ana.templates.update(before.id, { title: 'New title' });
    expect(after.stepGroup).toEqual({ ...before.stepGroup, title: 'New title' });
  });

  test('names who made the entry and when, in Unix seconds', async () => {
    const made = await ana.templates.create(ana.teamId, { title: 'By ana' }, []);
    server.clock.forward(10_000);
    await ben.templates.acquireLock(made.id);
    const updated = await ben.templates.update(made.id, { title: 'By ben' });
    expect(updated.lastAuthor).toBe(ben.id);
    expect(updated.lastAuthoredAt).toBeGreaterThanOrEqual(made.lastAuthoredAt + 10);
    expect(updated.lastAuthoredAt).toBeLessThanOrEqual(seconds());
    expect(updated.lastPublishedAt).toBe(made.lastPublishedAt);
  });

  test('on a published entry makes an unpublished one without public version above it', async () => {
    const published = await publishedTemplate(ana, 'Out', [step('One')]);
    await ana.templates.acquireLock(published.id);
    expect(await ana.templates.update(published.id, { title: 'In work' })).toMatchObject({
      version: published.version + 1,
      publicVersion: 0,
      publishedVersion: 0,
      publishedAt: 0,
      status: 'Unpublished',
      lastPublishedBy: ana.id,
    });
  });

  test('that changes nothing answers the latest entry and makes none', async () => {
    const defaults = { jobName: 'Round', priority: 'Low' };
    const made = await ana.templates.create(ana.teamId, { title: 'Same', descrip: 'Same', defaults }, []);
    await ana.templates.acquireLock(made.id);
    server.clock.forward(5_000);
    const turnedRound = { priority: 'Low', jobName: 'Round' };
    for (const params of [{}, { title: 'Same' }, { title: 'Same', descrip: 'Same', defaults: turnedRound }]) {
      const same = await ana.templates.update(made.id, params);
      expect({ ...same, locked: null }).toEqual(made);
    }
    expect(await entriesOf(made.id)).toBe(1);
    const published = await publishedTemplate(ana, 'Out', [step('One')]);
    await ana.templates.acquireLock(published.id);
    const { status, version } = await ana.templates.update(published.id, { title: 'Out' });
    expect({ status, version }).toEqual({ status: 'Published', version: published.version });
  });

  test('back to an earlier content is a change all the same', async () => {
    const { id } = await ana.templates.create(ana.teamId, { title: 'There' }, []);
    await ana.templates.acquireLock(id);
    await ana.templates.update(id, { title: 'And' });
    expect((await ana.templates.update(id, { title: 'There' })).version).toBe(3);
  });

  test('takes the type that the template has, and refuses another one', async () => {
    const { id } = await ana.templates.create(ana.teamId, { title: 'Typed' }, []);
    await ana.templates.acquireLock(id);
    expect((await ana.templates.update(id, { title: 'Retyped', typ: TemplateType.Job })).version).toBe(2);
    await expectNothingWritten(server, () =>
      expectRefusal(
        ana.templates.update(id, { title: 'Other', typ: TemplateType.Issue }),
        ErrorCode.BAD_REQUEST,
        'invalid-argument',
        /typ: Issue.*type Job/,
      ),
    );
  });
});

describe('expectedVersion', () => {
  test('lets an update through whose author knows the latest entry', async () => {
    const { id } = await ana.templates.create(ana.teamId, { title: 'Known' }, []);
    await ana.templates.acquireLock(id);
    await ana.templates.update(id, { title: 'Known 2', expectedVersion: 1 });
    expect((await ana.templates.update(id, { title: 'Known 3', expectedVersion: 2 })).version).toBe(3);
  });

  test.each([0, 1, 3])('refuses an update that expects version %i when the latest is 2', async expectedVersion => {
    const { id } = await ana.templates.create(ana.teamId, { title: 'Moved on' }, []);
    await ana.templates.acquireLock(id);
    await ana.templates.update(id, { title: 'Moved on 2' });
    const refusal = await expectNothingWritten(server, () =>
      expectRefusal(
        ana.templates.update(id, { title: 'Late', expectedVersion }),
        ErrorCode.INVALID_VERSION,
        'version-conflict',
        new RegExp(`expectedVersion: ${expectedVersion}.*latest entry is 2`),
      ),
    );
    expect(refusal.details).toEqual({ expected: String(expectedVersion), actual: '2' });
  });

  test('refuses an update that would change nothing, too', async () => {
    const { id } = await ana.templates.create(ana.teamId, { title: 'Same' }, []);
    await ana.templates.acquireLock(id);
    await expectRefusal(
      ana.templates.update(id, { title: 'Same', expectedVersion: 9 }),
      ErrorCode.INVALID_VERSION,
      'version-conflict',
    );
  });
});
