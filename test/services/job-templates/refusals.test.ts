/** Who is refused and what: tokens, privileges, unknown templates and bad values of whole templates. Nothing is written by any. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { ErrorCode } from '#gen/common_types';
import type { JobTemplateParams, TemplateType } from '#gen/job_template_types';
import { TeamRole } from '#gen/user_types';
import type { Clients } from '../../../src/services/generated.ts';
import { expectRefusal } from '../../support/refusals.ts';
import { expectNothingWritten } from '../../support/rows.ts';
import { group, logIn, logInAdmin, newTemplate, newUser, step, type TestUser } from '../../support/seed.ts';
import { TestServer } from '../../support/server.ts';
import { select } from './selection.ts';

type Templates = Clients['JobTemplateService'];

const { BAD_REQUEST, INSUFFICIENT_PERMISSIONS, NOT_FOUND } = ErrorCode;

let server: TestServer;
let admin: TestUser;
let ana: TestUser;
let id: string;
let rootId: string;

beforeAll(async () => {
  server = await TestServer.start();
  admin = await logInAdmin(server);
  ana = await newUser(server, admin, 'ana', TeamRole.AUTHOR);
});
afterAll(() => server.stop());

beforeEach(async () => {
  ({
    id,
    stepGroup: { id: rootId },
  } = await newTemplate(ana, 'Pump', [step('One')]));
});

type Call = readonly [name: string, call: (templates: Templates, templateId: string) => Promise<unknown>];

const reads: readonly Call[] = [
  ['get', (templates, templateId) => templates.get(templateId)],
  ['getPublicVersion', (templates, templateId) => templates.getPublicVersion(templateId, 0)],
];
const locks: readonly Call[] = [
  ['acquireLock', (templates, templateId) => templates.acquireLock(templateId)],
  ['forceAcquireLock', (templates, templateId) => templates.forceAcquireLock(templateId)],
  ['releaseLock', (templates, templateId) => templates.releaseLock(templateId)],
];
const edits: readonly Call[] = [
  ['update', (templates, templateId) => templates.update(templateId, { title: 'Refused' })],
  ['updateRootHeaders', (templates, templateId) => templates.updateRootHeaders(templateId, { condition: 'Refused?' })],
  ['addStepModular', (templates, templateId) => templates.addStepModular(templateId, rootId, step('New'), -1, false)],
  [
    'addStepGroupModular',
    (templates, templateId) => templates.addStepGroupModular(templateId, rootId, group('New', []), -1, false),
  ],
];
const publish: Call = ['publish', (templates, templateId) => templates.publish(templateId)];
const create: Call = ['create', templates => templates.create(ana.teamId, { title: 'Refused' }, [])];
const fetch: Call = ['fetch', (templates, templateId) => templates.fetch(select(), [templateId])];

describe.each([...reads, ...locks, ...edits, publish])('%s', (_name, call) => {
  test.each(['no-such-template', '', '01a20000-0000-7000-8000-000000000000', "' or 1=1 --"])(
    'is refused for an unknown id: %j',
    async templateId => {
      const refusal = await expectNothingWritten(server, () =>
        expectRefusal(
          call(ana.templates, templateId),
          NOT_FOUND,
          'template-not-found',
          /in your teams.*create returned/,
        ),
      );
      expect(refusal.details).toEqual({ templateId });
    },
  );
});

describe.each([...reads, fetch, create, ...locks, ...edits, publish])('%s', (_name, call) => {
  test('is refused without a token', async () => {
    const connection = await server.connect();
    const templates = connection.service('JobTemplateService');
    await expectNothingWritten(server, () =>
      expectRefusal(call(templates, id), ErrorCode.UNAUTHORIZED, 'not-logged-in', /login.*authenticate/),
    );
  });

  test('is refused with a revoked token', async () => {
    const session = await logIn(server, ana.email, ana.password, ana.teamId);
    const elsewhere = await server.connect();
    await elsewhere.service('AuthenticationService').authenticate(session.token);
    await session.auth.logout();
    const templates = elsewhere.service('JobTemplateService');
    await expectNothingWritten(server, () =>
      expectRefusal(call(templates, id), ErrorCode.INVALID_TOKEN, 'invalid-token', /log in again/),
    );
  });

  test('is refused with an expired token', async () => {
    const session = await logIn(server, ana.email, ana.password, ana.teamId);
    server.clock.forward(12 * 60 * 60 * 1000);
    await expectNothingWritten(server, () =>
      expectRefusal(call(session.templates, id), ErrorCode.TOKEN_EXPIRED, 'token-expired', /log in again/),
    );
    ana = await logIn(server, ana.email, ana.password);
    admin = await logInAdmin(server);
  });
});

describe('a privilege', () => {
  let people: ReadonlyMap<string, TestUser>;

  beforeAll(async () => {
    people = new Map([
      ['EXECUTOR', await newUser(server, admin, 'eva', TeamRole.EXECUTOR)],
      ['JOBCREATOR', await newUser(server, admin, 'jon', TeamRole.JOBCREATOR)],
      ['no role', await newUser(server, admin, 'nic')],
    ]);
  });

  describe.each(['EXECUTOR', 'JOBCREATOR', 'no role'])('of %s', role => {
    test.each([create, ...locks, ...edits, publish])('does not reach to %s', async (_name, call) => {
      const { templates } = people.get(role)!;
      const refusal = await expectNothingWritten(server, () =>
        expectRefusal(
          call(templates, id),
          INSUFFICIENT_PERMISSIONS,
          'insufficient-permissions',
          /needs the privilege template\w+, which ADMIN and AUTHOR have; your roles in this team: /,
        ),
      );
      expect(refusal.details!.privilege).toMatch(/^template/);
    });

    test('is not asked for to see what the team has', async () => {
      const { templates } = people.get(role)!;
      await ana.templates.publish(id);
      expect(await templates.get(id)).toMatchObject({ id, title: 'Pump' });
      expect(await templates.getPublicVersion(id, 0)).toMatchObject({ id, publicVersion: 1 });
      expect((await templates.fetch(select(), [id]))[id]!.template).toMatchObject({ id });
    });
  });
});

describe('a value', () => {
  const attribute = { id: 'no-such-attribute', label: '', values: [] };
  const metadata = { metadataId: 'no-such-definition', key: '', value: { text: 'x' } };
  type Case = [string, JobTemplateParams, ErrorCode, string, RegExp];
  const ofBoth: Case[] = [
    ['an empty title', { title: '' }, BAD_REQUEST, 'invalid-argument', /title: empty.*1 to 500/],
    ['a title of spaces', { title: ' \n' }, BAD_REQUEST, 'invalid-argument', /title: empty/],
    ['a title of 501 characters', { title: 'x'.repeat(501) }, BAD_REQUEST, 'limit-exceeded', /title: 501.*500/],
    ['U+0000 in a title', { title: 'a\0b' }, BAD_REQUEST, 'invalid-argument', /params\.title: .*U\+0000 at 1/],
    [
      'a description of 20,001 characters',
      { title: 'T', descrip: 'x'.repeat(20_001) },
      BAD_REQUEST,
      'limit-exceeded',
      /descrip: 20001.*20000/,
    ],
    ['an unknown type', { title: 'T', typ: 9 as TemplateType }, BAD_REQUEST, 'invalid-argument', /typ: 9.*Job \(0\)/],
    [
      'an unknown priority',
      { title: 'T', defaults: { priority: 'Soon' } },
      BAD_REQUEST,
      'unknown-priority',
      /Soon.*Low, Medium, High/,
    ],
    ['an unknown status', { title: 'T', defaults: { jobStatus: 'Gone' } }, BAD_REQUEST, 'unknown-status', /Gone.*Open/],
    [
      'an unknown final status',
      { title: 'T', defaults: { finalStatus: 'Gone' } },
      BAD_REQUEST,
      'unknown-status',
      /finalStatus.*Gone/,
    ],
    [
      'no time for jobs',
      { title: 'T', defaults: { durationMs: 0 } },
      BAD_REQUEST,
      'invalid-argument',
      /durationMs: 0.*more than 0/,
    ],
    [
      'jobs that are due before they start',
      { title: 'T', defaults: { startDate: 2, dueDate: 1 } },
      BAD_REQUEST,
      'dates-out-of-order',
      /dueDate: 1.*startDate 2/,
    ],
    [
      'metadata that is not there',
      { title: 'T', metadataEntry: [metadata] },
      NOT_FOUND,
      'metadata-not-found',
      /no-such-definition/,
    ],
    [
      'a property table without properties',
      { title: 'T', extendedPropertyTables: [{ tableName: 'pipe', relationshipType: 1, properties: [] }] },
      BAD_REQUEST,
      'invalid-property',
      /pipe: 0 properties; expected 1 to 200/,
    ],
  ];

  test.each(ofBoth)('is refused by create: %s', async (_name, params, code, slug, message) => {
    await expectNothingWritten(server, () =>
      expectRefusal(ana.templates.create(ana.teamId, params, []), code, slug, message),
    );
  });

  test.each(ofBoth)('is refused by update: %s', async (_name, params, code, slug, message) => {
    await ana.templates.acquireLock(id);
    await expectNothingWritten(server, () => expectRefusal(ana.templates.update(id, params), code, slug, message));
  });

  test('is refused by create: no title, an attribute that is not there, a team that is not there', async () => {
    const attempt = (teamId: string, params: JobTemplateParams, ...attributes: (typeof attribute)[]) =>
      ana.templates.create(teamId, params, attributes);
    await expectNothingWritten(server, async () => {
      await expectRefusal(attempt(ana.teamId, {}), BAD_REQUEST, 'invalid-argument', /title: empty/);
      await expectRefusal(
        attempt(ana.teamId, { title: 'T' }, attribute),
        NOT_FOUND,
        'attribute-not-found',
        /no-such-attribute/,
      );
      await expectRefusal(attempt('no-such-team', { title: 'T' }), NOT_FOUND, 'team-not-found', /no-such-team/);
    });
  });

  test('is no refusal where the limit is just met: titles are counted in characters, not in their halves', async () => {
    const params = { title: '🔧'.repeat(500), descrip: '🔧'.repeat(20_000) };
    expect(await ana.templates.create(ana.teamId, params, [])).toMatchObject(params);
  });
});
