/** Attributes: defined by a team, carried by users and templates, and the rule by which they hide templates. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  AbacAction,
  AbacActorType,
  type AbacAttribute,
  type AbacResolutionRequest,
  AbacUploadBehaviour,
} from '#gen/abac_types';
import { ErrorCode, MAX_ATTRIBUTE_VALUES, MAX_ATTRIBUTES_PER_TEAM, MAX_IDS_PER_CALL } from '#gen/common_types';
import { TeamRole } from '#gen/user_types';
import { jobOf } from '../../support/jobs.ts';
import { expectRefusal } from '../../support/refusals.ts';
import { expectNothingWritten, rowsOf } from '../../support/rows.ts';
import { logIn, logInAdmin, newOutsider, newUser, publishedTemplate, step, type TestUser } from '../../support/seed.ts';
import { TestServer } from '../../support/server.ts';
import { select } from '../job-templates/selection.ts';

let server: TestServer;
let admin: TestUser;
let ana: TestUser;
let ben: TestUser;
let outsider: TestUser;

beforeAll(async () => {
  server = await TestServer.start();
  admin = await logInAdmin(server);
  ana = await newUser(server, admin, 'ana', TeamRole.AUTHOR, TeamRole.JOBCREATOR);
  ben = await newUser(server, admin, 'ben', TeamRole.EXECUTOR);
  outsider = await newOutsider(server, admin);
});
afterAll(() => server.stop());

const { BAD_REQUEST, NOT_FOUND, INSUFFICIENT_PERMISSIONS } = ErrorCode;
const { CLOBBER, MERGE } = AbacUploadBehaviour;

const abac = (user: TestUser) => user.connection.service('AbacService');
const expectRefused = (call: () => Promise<unknown>, code: ErrorCode, slug: string, message: RegExp) =>
  expectNothingWritten(server, () => expectRefusal(call(), code, slug, message));

let labels = 0;
const nextLabel = () => `Site ${++labels}`;

/** A new attribute with values of these labels. */
async function define(...values: string[]): Promise<AbacAttribute> {
  const label = nextLabel();
  const all = await abac(admin).updateAttributes(admin.teamId, [
    { id: '', label, values: values.map(value => ({ id: '', label: value })) },
  ]);
  return all.find(attribute => attribute.label === label)!;
}
const change = (attribute: AbacAttribute) => abac(admin).updateAttributes(admin.teamId, [attribute]);
const valuesOf = (attribute: AbacAttribute, ...labels: string[]) =>
  attribute.values.filter(({ label }) => labels.includes(label));
const giveUser = (user: TestUser, attribute: AbacAttribute, ...values: string[]) =>
  admin.users.updateAttribute(user.id, admin.teamId, attribute.id, valuesOf(attribute, ...values), CLOBBER);
const template = async (attribute?: AbacAttribute, ...values: string[]) => {
  const made = await publishedTemplate(admin, nextLabel(), [step('Look')]);
  if (attribute) await admin.templates.updateAttribute(made.id, attribute.id, valuesOf(attribute, ...values), CLOBBER);
  return made;
};

describe('definitions', () => {
  test('are read by every member in their order, with ids of the server', async () => {
    const [one, two] = [await define('North', 'South'), await define()];
    const all = await abac(ben).getAttributes(ben.teamId);
    expect(all.slice(-2)).toEqual([one, two]);
    expect(new Set([one, two, ...one.values].map(({ id }) => id)).size).toBe(4);
  });

  test('are renamed, extended and reordered, and what is not given stays', async () => {
    const [one, two] = [await define('North', 'South'), await define('X')];
    const [north, south] = one.values;
    const label = nextLabel();
    const after = await change({
      ...one,
      label,
      values: [{ ...south!, label: 'Deep south' }, north!, { id: '', label: 'East' }],
    });
    const changed = after.find(({ id }) => id === one.id)!;
    expect(changed).toEqual({
      id: one.id,
      label,
      values: [{ id: south!.id, label: 'Deep south' }, north, { id: expect.any(String), label: 'East' }],
    });
    expect(after).toContainEqual(two);
    expect(await abac(admin).getAttributes(admin.teamId)).toEqual(after);
  });

  test('that lose a value take it off everything that carries it', async () => {
    const attribute = await define('North', 'South');
    await giveUser(ben, attribute, 'North', 'South');
    const { id } = await template(attribute, 'North');
    await change({ ...attribute, values: valuesOf(attribute, 'South') });
    const left = (await rowsOf(server, 'attribute_values')).filter(row => row.attribute_id === attribute.id);
    expect(left.map(row => [row.owner_id, row.value_id])).toEqual([[ben.id, valuesOf(attribute, 'South')[0]!.id]]);
    expect((await admin.templates.fetch(select('includeAttributes'), [id]))[id]!.template!.attributes).toEqual([]);
  });

  test.each<[string, () => Promise<AbacAttribute[]>, ErrorCode, string, RegExp]>([
    [
      'an unknown id',
      async () => [{ id: 'lost', label: 'X', values: [] }],
      NOT_FOUND,
      'attribute-not-found',
      /no attribute lost/,
    ],
    [
      'an unknown id of a value',
      async () => [{ ...(await define('A')), values: [{ id: 'lost', label: 'A' }] }],
      NOT_FOUND,
      'attribute-not-found',
      /has no value lost/,
    ],
    [
      'an id twice',
      async () => {
        const one = await define('A');
        return [one, { ...one, label: nextLabel() }];
      },
      BAD_REQUEST,
      'duplicate-id',
      /is given twice/,
    ],
    [
      'a label that another has',
      async () => [{ id: '', label: (await define()).label.toUpperCase(), values: [] }],
      BAD_REQUEST,
      'duplicate-name',
      /is there twice/,
    ],
    [
      'a label of a value twice',
      async () => [
        {
          id: '',
          label: nextLabel(),
          values: [
            { id: '', label: 'A' },
            { id: '', label: 'a' },
          ],
        },
      ],
      BAD_REQUEST,
      'duplicate-name',
      /values of "Site/,
    ],
    [
      'no label',
      async () => [{ id: '', label: ' ', values: [] }],
      BAD_REQUEST,
      'invalid-argument',
      /attributes\.label: empty/,
    ],
    [
      'too many values',
      async () => [
        {
          id: '',
          label: nextLabel(),
          values: Array.from({ length: MAX_ATTRIBUTE_VALUES + 1 }, (_, n) => ({ id: '', label: `${n}` })),
        },
      ],
      BAD_REQUEST,
      'limit-exceeded',
      /1001; at most 1000/,
    ],
    [
      'too many attributes',
      async () =>
        Array.from({ length: MAX_ATTRIBUTES_PER_TEAM + 1 }, () => ({ id: '', label: nextLabel(), values: [] })),
      BAD_REQUEST,
      'limit-exceeded',
      /at most 100/,
    ],
  ])('with %s are refused', async (_, make, code, slug, message) => {
    const sent = await make();
    await expectRefused(() => abac(admin).updateAttributes(admin.teamId, sent), code, slug, message);
  });

  test('of two who define at once lose nothing', async () => {
    const second = await logIn(server, admin.email, admin.password, admin.teamId);
    const made: string[] = [];
    for (let round = 0; round < 5; round++) {
      const [one, two] = [nextLabel(), nextLabel()];
      await Promise.all([
        abac(admin).updateAttributes(admin.teamId, [{ id: '', label: one, values: [] }]),
        abac(second).updateAttributes(admin.teamId, [{ id: '', label: two, values: [] }]),
      ]);
      made.push(one, two);
    }
    const all = (await abac(admin).getAttributes(admin.teamId)).map(({ label }) => label);
    expect(all).toEqual(expect.arrayContaining(made));
  });
});

describe('values', () => {
  test('take the place of those before, or join them, and are told in the order of the definition', async () => {
    const attribute = await define('A', 'B', 'C');
    const { id } = await template();
    const assign = (behave: AbacUploadBehaviour, ...values: string[]) =>
      ana.templates.updateAttribute(id, attribute.id, valuesOf(attribute, ...values), behave);
    expect(await assign(CLOBBER, 'C')).toEqual([{ ...attribute, values: valuesOf(attribute, 'C') }]);
    expect(await assign(MERGE, 'A', 'C')).toEqual([{ ...attribute, values: valuesOf(attribute, 'A', 'C') }]);
    expect(await assign(CLOBBER, 'B')).toEqual([{ ...attribute, values: valuesOf(attribute, 'B') }]);
    expect(await assign(CLOBBER)).toEqual([{ ...attribute, values: [] }]);
  });

  test('of a template need no lock, make no entry, and are told by fetch', async () => {
    const attribute = await define('A');
    const { id, version } = await template(attribute, 'A');
    const { template: fetched } = (await ana.templates.fetch(select('includeAttributes'), [id]))[id]!;
    expect(fetched).toMatchObject({ internalVersion: version, attributes: [attribute] });
  });

  test('are given when a template is made', async () => {
    const attribute = await define('A', 'B');
    const sent = [{ ...attribute, values: valuesOf(attribute, 'B') }];
    const { id } = await ana.templates.create(ana.teamId, { title: 'T' }, sent);
    expect((await ana.templates.fetch(select('includeAttributes'), [id]))[id]!.template!.attributes).toEqual(sent);
    const lost = [{ ...attribute, values: [{ id: 'lost', label: '' }] }];
    await expectRefused(
      () => ana.templates.create(ana.teamId, { title: 'T' }, lost),
      NOT_FOUND,
      'attribute-not-found',
      /no value lost/,
    );
  });

  test('of a user are told by fetchByTeam', async () => {
    const attribute = await define('A', 'B');
    expect(await giveUser(ben, attribute, 'A')).toEqual([{ ...attribute, values: valuesOf(attribute, 'A') }]);
    const opts = { includeTeamMembership: false, includeStats: false, includeAttributes: true };
    const told = (await ana.users.fetchByTeam(opts, ben.teamId, [ben.id]))[ben.id]!.user!.teamIdToAttributes!;
    expect(told[ben.teamId]).toContainEqual({ ...attribute, values: valuesOf(attribute, 'A') });
  });

  test('leave a trace when they change, and none when they do not', async () => {
    const attribute = await define('A');
    await giveUser(ben, attribute, 'A');
    await giveUser(ben, attribute, 'A');
    const trail = (await rowsOf(server, 'audit_events')).filter(row => row.details.includes(attribute.id));
    expect(trail).toMatchObject([{ action: 'attribute.assigned', subject_id: ben.id, actor_id: admin.id }]);
  });

  test('that are not defined, or of things that are not there, are refused', async () => {
    const attribute = await define('A');
    const foreign = await abac(outsider).updateAttributes(outsider.teamId, [
      { id: '', label: 'F', values: [{ id: '', label: 'F' }] },
    ]);
    const { id } = await template();
    const assign = (attributeId: string, valueId: string) =>
      ana.templates.updateAttribute(id, attributeId, [{ id: valueId, label: '' }], MERGE);
    const notFound = (call: () => Promise<unknown>, slug: string) => expectRefused(call, NOT_FOUND, slug, /no/);
    await notFound(() => assign('lost', 'lost'), 'attribute-not-found');
    await notFound(() => assign(attribute.id, foreign[0]!.values[0]!.id), 'attribute-not-found');
    await notFound(() => assign(foreign[0]!.id, foreign[0]!.values[0]!.id), 'attribute-not-found');
    await notFound(
      () => admin.users.updateAttribute(outsider.id, admin.teamId, attribute.id, [], MERGE),
      'user-not-found',
    );
    const many = Array.from({ length: MAX_IDS_PER_CALL + 1 }, (_, n) => ({ id: `${n}`, label: '' }));
    await expectRefused(
      () => ana.templates.updateAttribute(id, attribute.id, many, MERGE),
      BAD_REQUEST,
      'limit-exceeded',
      /values: 1001/,
    );
    const byBen = () => ben.templates.updateAttribute(id, attribute.id, [], MERGE);
    await expectRefused(byBen, INSUFFICIENT_PERMISSIONS, 'insufficient-permissions', /templateEdit/);
  });
});

describe('the rule that hides templates', () => {
  let attribute: AbacAttribute;
  const rule = (restrictTemplatesByAttributes: boolean) =>
    admin.teams.update(admin.teamId, { config: { restrictTemplatesByAttributes } as never });

  beforeAll(async () => {
    attribute = await define('North', 'South', 'West');
    await giveUser(ana, attribute, 'North', 'West');
    await rule(true);
  });
  afterAll(() => rule(false));

  const sees = async (user: TestUser, id: string) => {
    const { err } = (await user.templates.fetch(select(), [id]))[id]!;
    return !err;
  };

  test('shows what carries no value or shares one, hides the rest, and hides nothing from administrators', async () => {
    const [none, north, both, south] = [
      await template(),
      await template(attribute, 'North'),
      await template(attribute, 'South', 'West'),
      await template(attribute, 'South'),
    ];
    const seen = async (user: TestUser) => Promise.all([none, north, both, south].map(({ id }) => sees(user, id)));
    expect(await seen(ana)).toEqual([true, true, true, false]);
    expect(await seen(ben)).toEqual([true, false, false, false]);
    expect(await seen(admin)).toEqual([true, true, true, true]);
    expect(await seen(outsider)).toEqual([false, false, false, false]);
  });

  test('holds for every function that takes a template: what is hidden does not exist', async () => {
    const { id, stepGroup } = await template(attribute, 'South');
    for (const call of [
      () => ana.templates.get(id),
      () => ana.templates.getPublicVersion(id, 0),
      () => ana.templates.acquireLock(id),
      () => ana.templates.forceAcquireLock(id),
      () => ana.templates.releaseLock(id),
      () => ana.templates.update(id, { title: 'X' }),
      () => ana.templates.publish(id),
      () => ana.templates.addStepModular(id, stepGroup.id, step('X'), -1, false),
      () => ana.templates.updateRootHeaders(id, {}),
      () => ana.templates.updateAttribute(id, attribute.id, [], CLOBBER),
      () => ana.jobs.createJobs(id, {}),
    ])
      await expectRefused(call, NOT_FOUND, 'template-not-found', /no template/);
  });

  test('follows the values of users and templates with the next call, and is off when it is off', async () => {
    const { id } = await template(attribute, 'South');
    expect(await sees(ana, id)).toBe(false);
    await giveUser(ana, attribute, 'South');
    expect(await sees(ana, id)).toBe(true);
    await giveUser(ana, attribute, 'North', 'West');
    expect(await sees(ana, id)).toBe(false);
    await admin.templates.updateAttribute(id, attribute.id, [], CLOBBER);
    expect(await sees(ana, id)).toBe(true);
    await admin.templates.updateAttribute(id, attribute.id, valuesOf(attribute, 'South'), CLOBBER);
    await rule(false);
    expect(await sees(ana, id)).toBe(true);
    await rule(true);
    expect(await sees(ana, id)).toBe(false);
  });

  test('leaves jobs to those who work on them', async () => {
    const made = await template(attribute, 'South');
    const job = await jobOf(admin, made);
    expect(await job.start(ben, 'Look')).toEqual(['Success']);
    expect(await job.finish(ben, 'Look')).toEqual(['Success']);
  });

  test('lets nobody make a template that it could not see', async () => {
    const create = (...values: string[]) =>
      ana.templates.create(ana.teamId, { title: 'T' }, [{ ...attribute, values: valuesOf(attribute, ...values) }]);
    await expectRefused(
      () => create('South'),
      INSUFFICIENT_PERMISSIONS,
      'insufficient-permissions',
      /none of these values is one of yours/,
    );
    await create('North', 'South');
  });

  test('costs one statement where it is on, whatever the number of templates, and none where it is off', async () => {
    const ids = [
      (await template(attribute, 'North')).id,
      (await template(attribute, 'South')).id,
      (await template()).id,
    ];
    const cost = async (user: TestUser, some: string[]) => {
      await newTag();
      return (await server.statementsOf(() => user.templates.fetch(select(), some))).statements.length;
    };
    const newTag = () => admin.connection.service('TagService').create(nextLabel(), admin.teamId);
    const [one, three] = [await cost(ana, ids.slice(0, 1)), await cost(ana, ids)];
    expect(three).toBe(one);
    await rule(false);
    const off = await cost(ana, ids);
    await rule(true);
    expect(one - off).toBe(1);
  });
});

describe('resolve', () => {
  const question = (
    subject: TestUser | string,
    action: AbacAction,
    type: AbacActorType,
    id: string,
    teamId = admin.teamId,
  ): AbacResolutionRequest => ({
    subject: { id: typeof subject === 'string' ? subject : subject.id, type: AbacActorType.USER },
    object: { id, type },
    action,
    teamId,
  });
  const { JOB_TEMPLATE, JOB, TEAM, ISSUE } = AbacActorType;
  const { VIEW, CREATE, EDIT, EXECUTE, COLLABORATE, ARCHIVE } = AbacAction;

  test('answers by privileges, for several subjects and objects at once', async () => {
    const made = await template();
    const { id: jobId } = await jobOf(admin, made);
    expect(
      await abac(ben).resolve({
        'ana views': question(ana, VIEW, JOB_TEMPLATE, made.id),
        'ana edits': question(ana, EDIT, JOB_TEMPLATE, made.id),
        'ben views': question(ben, VIEW, JOB_TEMPLATE, made.id),
        'ben edits': question(ben, EDIT, JOB_TEMPLATE, made.id),
        'ben collaborates': question(ben, COLLABORATE, JOB_TEMPLATE, made.id),
        'ana makes jobs': question(ana, EXECUTE, JOB_TEMPLATE, made.id),
        'ben makes jobs': question(ben, EXECUTE, JOB_TEMPLATE, made.id),
        'ben works': question(ben, EXECUTE, JOB, jobId),
        'ben closes': question(ben, ARCHIVE, JOB, jobId),
        'ana closes': question(ana, ARCHIVE, JOB, jobId),
        'ana makes one': question(ana, CREATE, JOB_TEMPLATE, made.id),
        'admin configures': question(admin, EDIT, TEAM, admin.teamId),
        'ana configures': question(ana, EDIT, TEAM, admin.teamId),
      }),
    ).toEqual({
      'ana views': true,
      'ana edits': true,
      'ben views': true,
      'ben edits': false,
      'ben collaborates': true,
      'ana makes jobs': true,
      'ben makes jobs': false,
      'ben works': true,
      'ben closes': false,
      'ana closes': true,
      'ana makes one': true,
      'admin configures': true,
      'ana configures': false,
    });
  });

  test('does not allow what is unknown, elsewhere, or of another kind', async () => {
    const { id } = await template();
    const foreign = await publishedTemplate(outsider, 'Foreign', [step('a')]);
    const answers = await abac(ana).resolve({
      a: question('nobody', VIEW, JOB_TEMPLATE, id),
      b: question(outsider, VIEW, JOB_TEMPLATE, id),
      c: question(ana, VIEW, JOB_TEMPLATE, 'lost'),
      d: question(ana, VIEW, JOB_TEMPLATE, foreign.id),
      e: question(ana, VIEW, ISSUE, id),
      f: question(ana, VIEW, TEAM, outsider.teamId),
      g: { ...question(ana, VIEW, JOB_TEMPLATE, id), subject: { id: ana.id, type: TEAM } },
    });
    expect(new Set(Object.values(answers))).toEqual(new Set([false]));
  });

  test("obeys the team's rule, as seen by each subject", async () => {
    const attribute = await define('N', 'S');
    const { id } = await template(attribute, 'N');
    await giveUser(ben, attribute, 'N');
    await giveUser(ana, attribute, 'S');
    await admin.teams.update(admin.teamId, { config: { restrictTemplatesByAttributes: true } as never });
    const answers = await abac(ana).resolve({
      ana: question(ana, VIEW, JOB_TEMPLATE, id),
      ben: question(ben, VIEW, JOB_TEMPLATE, id),
      admin: question(admin, VIEW, JOB_TEMPLATE, id),
    });
    await admin.teams.update(admin.teamId, { config: {} as never });
    expect(answers).toEqual({ ana: false, ben: true, admin: true });
  });

  test('is asked about own teams alone, with so many questions, under keys that can be keys', async () => {
    const foreign = { x: question(ana, VIEW, TEAM, outsider.teamId, outsider.teamId) };
    await expectRefusal(abac(ana).resolve(foreign), NOT_FOUND, 'team-not-found');
    const many = Object.fromEntries(
      Array.from({ length: MAX_IDS_PER_CALL + 1 }, (_, n) => [`q${n}`, question(ana, VIEW, TEAM, ana.teamId)]),
    );
    await expectRefusal(abac(ana).resolve(many), BAD_REQUEST, 'limit-exceeded', /1001 questions; at most 1000/);
    const half = { x: { action: VIEW, teamId: ana.teamId } as never };
    await expectRefusal(abac(ana).resolve(half), BAD_REQUEST, 'invalid-argument', /\["x"\]\.subject: missing/);
    expect(await abac(ana).resolve({})).toEqual({});
  });

  test('takes a bounded number of statements, whatever the number of questions', async () => {
    const templates = [await template(), await template(), await template()];
    const cost = async (count: number, ...users: TestUser[]) => {
      const questions = Object.fromEntries(
        templates
          .slice(0, count)
          .flatMap(({ id }) => users.map(user => [`${id} ${user.id}`, question(user, VIEW, JOB_TEMPLATE, id)])),
      );
      return (await server.statementsOf(() => abac(ana).resolve(questions))).statements.length;
    };
    expect(await cost(3, ana, ben, admin)).toBe(await cost(1, ana));
  });
});
