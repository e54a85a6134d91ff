/** fetch: which flag fills what, and that one id's failure is its own. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ErrorCode } from '#gen/common_types';
import { type JobTemplate, type JobTemplateModular, JobTemplateStatus, TemplateType } from '#gen/job_template_types';
import { RefSource } from '#gen/reference_types';
import { TeamRole } from '#gen/user_types';
import { expectRefusal } from '../../support/refusals.ts';
import {
  group,
  jobMetadata,
  logInAdmin,
  newTemplate,
  newUser,
  publishedTemplate,
  step,
  type TestUser,
} from '../../support/seed.ts';
import { TestServer } from '../../support/server.ts';
import { FILLED, type Flag, flags, select } from './selection.ts';

/** Filled without any flag: ids up to 100, and what only fetch knows. */
const ALWAYS = [
  'id',
  'internalVersion',
  'publicVersion',
  'title',
  'descrip',
  'status',
  'stepGroupId',
  'teamId',
  'UNSUPPORTEDdocumentEmailAddress',
  'lastAuthoredAt',
  'publishedAt',
  'archivedAt',
  'lastAuthorId',
  'system',
  'metadataEntry',
  'metadataById',
  'publishedVersion',
  'typ',
  'locked',
  'publishedById',
  'reviewFlowRequired',
];
/** What the template is, which no flag asks for. */
const MARKS = ['readOnly', 'globalTemplate', 'localTemplate', 'archiveDisabled'];

let server: TestServer;
let admin: TestUser;
let ana: TestUser;
let ben: TestUser;
/** Made by ana, published by ben as version 1; above it an edit by ana, who holds the lock. */
let draft: JobTemplate;
let published: JobTemplate;

const filledIn = (template: JobTemplateModular): string[] =>
  Object.entries(template)
    .filter(([field, value]) => value !== null && !MARKS.includes(field))
    .map(([field]) => field)
    .sort();

async function fetched(id: string, ...chosen: Flag[]): Promise<JobTemplateModular> {
  const { [id]: result } = await ben.templates.fetch(select(...chosen), [id]);
  expect(result!.err).toBeNull();
  return result!.template!;
}

/** A metadata definition that a text refers to. */
let pressure: string;

beforeAll(async () => {
  server = await TestServer.start();
  admin = await logInAdmin(server);
  ana = await newUser(server, admin, 'ana', TeamRole.AUTHOR);
  ben = await newUser(server, admin, 'ben', TeamRole.AUTHOR);
  pressure = (await jobMetadata(admin, 'Pressure')).id;
  const reference = { jobMetadataRef: { metadataId: pressure } };
  const { id } = await newTemplate(ana, 'Hydrant', [
    step('Open', { titleWrapper: { template: 'Open at {0}', references: [reference] } }),
    group('Flush', [step('Wait')]),
  ]);
  server.clock.forward(60_000);
  published = await ben.templates.publish(id);
  server.clock.forward(60_000);
  await ana.templates.acquireLock(id);
  await ana.templates.updateRootHeaders(id, { condition: 'Is there water?' });
  server.clock.forward(60_000);
  draft = await ana.templates.update(id, { title: 'Hydrant, yearly' });
});
afterAll(() => server.stop());

describe('without flags', () => {
  test('fetch fills the basic fields and nothing else', async () => {
    const template = await fetched(draft.id);
    expect(filledIn(template)).toEqual([...ALWAYS].sort());
  });

  test('fetch answers the latest entry', async () => {
    expect(await fetched(draft.id)).toMatchObject({
      id: draft.id,
      internalVersion: draft.version,
      publicVersion: 0,
      publishedVersion: 0,
      status: JobTemplateStatus.UNPUBLISHED,
      title: 'Hydrant, yearly',
      descrip: '',
      stepGroupId: draft.stepGroup.id,
      teamId: ana.teamId,
      lastAuthorId: ana.id,
      lastAuthoredAt: draft.lastAuthoredAt,
      publishedAt: 0,
      archivedAt: 0,
      system: false,
      typ: TemplateType.Job,
      locked: { owned: false, lockHolder: { id: ana.id } },
      reviewFlowRequired: false,
    });
  });

  test('fetch names who published the template last, whatever was edited since', async () => {
    expect((await fetched(draft.id)).publishedById).toBe(ben.id);
    const { id } = await newTemplate(ana, 'Never published', []);
    expect((await fetched(id)).publishedById).toBeNull();
  });

  test('fetch fills the marks of a template, which here has none', async () => {
    const { readOnly, globalTemplate, localTemplate, archiveDisabled } = await fetched(draft.id);
    expect({ readOnly, globalTemplate, localTemplate, archiveDisabled }).toEqual({
      readOnly: false,
      globalTemplate: false,
      localTemplate: false,
      archiveDisabled: false,
    });
  });

  test('fetch fills defaults where there are any', async () => {
    const { id } = await ana.templates.create(ana.teamId, { title: 'Round', defaults: { priority: 'High' } }, []);
    expect((await fetched(id)).defaults).toMatchObject({ priority: 'High' });
    expect((await fetched(draft.id)).defaults).toBeNull();
  });
});

describe('a flag', () => {
  test.each(flags)('%s fills its fields and no others', async flag => {
    const template = await fetched(draft.id, flag);
    const without = await fetched(draft.id);
    expect(filledIn(template)).toEqual([...filledIn(without), ...FILLED[flag]].sort());
  });

  test('fills its fields beside all others', async () => {
    const template = await fetched(draft.id, ...flags);
    const without = await fetched(draft.id);
    expect(filledIn(template)).toEqual([...filledIn(without), ...Object.values(FILLED).flat()].sort());
  });
});

describe('the fields', () => {
  test('of team, tree, headers and references hold what get answers', async () => {
    const template = await fetched(draft.id, 'includeTeam', 'includeSteps', 'includeRootHeaders', 'includeRefMap');
    const { id, name, owner, config } = draft.team;
    expect(template.team).toMatchObject({ id, name, owner: { id: owner.id }, config });
    expect(template.stepGroup).toEqual(draft.stepGroup);
    expect(template.rootHeaders).toEqual(draft.stepGroup.impl.stepGroup!.headers);
    expect(template.rootHeaders!.condition).toBe('Is there water?');
    expect(template.references).toEqual({ [RefSource.JOB_METADATA]: [pressure] });
  });

  test('of authors and times name who made, edited and published the template, in Unix seconds', async () => {
    const template = await fetched(
      draft.id,
      'includeLastAuthor',
      'includeOriginalAuthor',
      'includeLastPublished',
      'includeLastModified',
    );
    expect(template.lastAuthor).toMatchObject({ id: ana.id, email: ana.email, name: 'ana' });
    expect(template.originalAuthor).toMatchObject({ id: ana.id, email: ana.email, name: 'ana' });
    expect(template.lastPublishedBy).toMatchObject({ id: ben.id, email: ben.email, name: 'ben' });
    expect(template.lastPublishedVersion).toBe(1);
    expect(template.lastPublishTime).toBe(published.publishedAt);
    expect(template.lastPublishedAt).toBe(published.publishedAt);
    expect(template.lastModifiedAt).toBe(draft.lastAuthoredAt);
    expect(template.lastModifiedAt!).toBeGreaterThanOrEqual(published.publishedAt + 120);
  });

  test('of publication are 0 and unset before the first one, but for lastPublishedAt, which counts the creation', async () => {
    const made = await newTemplate(ana, 'Never published', []);
    const template = await fetched(made.id, 'includeLastPublished');
    expect(template).toMatchObject({ lastPublishedVersion: 0, lastPublishTime: 0, lastPublishedBy: null });
    expect(template.lastPublishedAt).toBe(made.lastPublishedAt);
  });

  test('of modification move with publication too, and not with locks', async () => {
    const { id } = await newTemplate(ana, 'Published later', [step('One')]);
    server.clock.forward(60_000);
    const { publishedAt } = await ana.templates.publish(id);
    server.clock.forward(60_000);
    await ana.templates.acquireLock(id);
    expect((await fetched(id, 'includeLastModified')).lastModifiedAt).toBe(publishedAt);
  });

  test('of drafts list the entries from the published one on; the newest and the numbered are for display', async () => {
    const { drafts } = await fetched(draft.id, 'includeDrafts');
    const authoredBy = { authorId: ana.id };
    const unpublished = { publicVersion: 0, publishedVersion: 0, status: JobTemplateStatus.UNPUBLISHED };
    expect(drafts!.sort((a, b) => a.version - b.version)).toEqual([
      {
        ...authoredBy,
        version: published.version,
        authoredAt: published.lastAuthoredAt,
        display: true,
        publicVersion: 1,
        publishedVersion: 1,
        status: JobTemplateStatus.PUBLISHED,
      },
      { ...authoredBy, ...unpublished, version: 4, authoredAt: expect.any(Number), display: false },
      { ...authoredBy, ...unpublished, version: 5, authoredAt: draft.lastAuthoredAt, display: true },
    ]);
  });

  test('of drafts list all entries before the first publication', async () => {
    const { id } = await newTemplate(ana, 'Never published', [step('One'), step('Two')]);
    const { drafts } = await fetched(id, 'includeDrafts');
    const displayed = drafts!.map(({ version, display }) => [version, display] as const).sort(([a], [b]) => a - b);
    expect(displayed).toEqual([
      [1, false],
      [2, false],
      [3, true],
    ]);
  });

  test('of drafts come oldest first', async () => {
    const { drafts } = await fetched(draft.id, 'includeDrafts');
    expect(drafts!.map(({ version }) => version)).toEqual([3, 4, 5]);
  });

  test('of stats count the jobs of all versions, open and closed', async () => {
    const { id } = await publishedTemplate(ana, 'With jobs', [step('One')]);
    expect((await fetched(id, 'includeStats')).stats).toEqual({ completedJobs: 0, activeJobs: 0 });
    const { jobIds } = await admin.jobs.createJobs(id, { numberOfJobs: 2 });
    await ana.templates.acquireLock(id);
    await ana.templates.update(id, { title: 'With jobs, again' });
    await ana.templates.publish(id);
    await admin.jobs.createJobs(id, { numberOfJobs: 2 });
    await admin.jobs.closeJobs([jobIds[0]!]);
    expect((await fetched(id, 'includeStats')).stats).toEqual({ completedJobs: 1, activeJobs: 3 });
  });

  test('of what no template has yet are empty, not unset', async () => {
    const template = await fetched(draft.id, 'includeDocuments', 'includeTags', 'includeAttributes');
    expect(template).toMatchObject({ documents: [], templateTags: [], attributes: [] });
    const { id } = await newTemplate(ana, 'Plain', []);
    expect((await fetched(id, 'includeRefMap')).references).toEqual({});
    expect((await fetched(id, 'includeRootHeaders')).rootHeaders).toMatchObject({ condition: null, notices: null });
  });

  test('reviewFlowRequired follows the configuration of the team', async () => {
    const { config } = await admin.teams.get(admin.teamId);
    await admin.teams.update(admin.teamId, { config: { ...config, requireReviewFlow: true } });
    expect((await fetched(draft.id)).reviewFlowRequired).toBe(true);
    await admin.teams.update(admin.teamId, { config });
    expect((await fetched(draft.id)).reviewFlowRequired).toBe(false);
  });
});

test.each(['binary', 'compact', 'json'] as const)(
  'the same entry is the same each time, in %s, and after an edit another',
  async protocol => {
    const connection = await server.connect({ protocol });
    await connection.service('AuthenticationService').authenticate(ana.token);
    const templates = connection.service('JobTemplateService');
    const { id, stepGroup } = await newTemplate(ana, 'Again', [group('In a group', [step('One')]), step('Two')]);
    const steps = async () => (await templates.fetch(select('includeSteps'), [id]))[id]!.template!.stepGroup!;
    const four = [await steps(), await steps(), await steps(), await steps()];
    for (const each of four) expect(each).toEqual((await ana.templates.get(id)).stepGroup);
    await ana.templates.acquireLock(id);
    await ana.templates.addStepModular(id, stepGroup.id, step('Three'), -1, false);
    for (let n = 0; n < 3; n++)
      expect((await steps()).children.map(child => child.title)).toEqual(['In a group', 'Two', 'Three']);
    await connection.close();
  },
);

describe('the map', () => {
  test('has one entry per id: a template or the reason why there is none', async () => {
    const ids = [draft.id, 'no-such-template', draft.id, ''];
    const result = await ben.templates.fetch(select(), ids);
    expect(Object.keys(result).sort()).toEqual([...new Set(ids)].sort());
    expect(result[draft.id]).toMatchObject({ template: { id: draft.id }, err: null });
    for (const id of ['no-such-template', '']) {
      expect(result[id]).toMatchObject({
        template: null,
        err: { errorCode: ErrorCode.NOT_FOUND, slug: 'template-not-found', details: { templateId: id } },
      });
      expect(result[id]!.err!.rqId).not.toBe('');
    }
  });

  test('is empty for no ids', async () => {
    expect(await ben.templates.fetch(select(...flags), [])).toEqual({});
  });

  test('takes 1,000 ids and refuses 1,001', async () => {
    const ids = Array.from({ length: 1001 }, (_, index) => `unknown-${index}`);
    const result = await ben.templates.fetch(select(...flags), [draft.id, ...ids.slice(0, 999)]);
    expect(Object.keys(result)).toHaveLength(1000);
    expect(result[draft.id]!.template!.id).toBe(draft.id);
    await expectRefusal(
      ben.templates.fetch(select(), ids),
      ErrorCode.BAD_REQUEST,
      'limit-exceeded',
      /templateIds: 1001.*1000/,
    );
  });
});
