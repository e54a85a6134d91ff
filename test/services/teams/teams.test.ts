/** Teams as things: create, get, index, update; who may, and what the audit trail keeps of it. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ErrorCode } from '#gen/common_types';
import type { TeamConfig } from '#gen/team_types';
import { TeamRole } from '#gen/user_types';
import { expectRefusal } from '../../support/refusals.ts';
import { expectNothingWritten, rowsOf } from '../../support/rows.ts';
import { logIn, logInAdmin, newOutsider, newUser, publishedTemplate, step, type TestUser } from '../../support/seed.ts';
import { ADMIN, TestServer } from '../../support/server.ts';

let server: TestServer;
let admin: TestUser;
let ana: TestUser;
let outsider: TestUser;

beforeAll(async () => {
  server = await TestServer.start();
  admin = await logInAdmin(server);
  ana = await newUser(server, admin, 'ana', TeamRole.AUTHOR, TeamRole.JOBCREATOR);
  outsider = await newOutsider(server, admin);
});

afterAll(() => server.stop());

const { BAD_REQUEST, NOT_FOUND, INSUFFICIENT_PERMISSIONS } = ErrorCode;

const defaultConfig: TeamConfig = {
  requireReviewFlow: false,
  requireTemplateSetReviewFlow: false,
  backendPdfGen: true,
  useWebSocket: true,
  enableObserverRole: false,
};

const auditOf = async (subjectId: string) =>
  (await rowsOf(server, 'audit_events'))
    .filter(row => row.subject_id === subjectId)
    .sort((a, b) => a.at - b.at || (a.audit_id < b.audit_id ? -1 : 1))
    .map(({ team_id, actor_id, action, details }) => ({ team_id, actor_id, action, details: JSON.parse(details) }));

describe('create', () => {
  test('makes a team with the caller as its owner and ADMIN', async () => {
    const before = Math.floor(server.clock.now() / 1000);
    const team = await admin.teams.create('North plant', '');
    expect(team).toMatchObject({
      name: 'North plant',
      owner: { id: admin.id, email: ADMIN.email },
      config: defaultConfig,
      isDisabled: false,
      isTrial: false,
      expireAt: 0,
    });
    expect(team.createdAt).toBeGreaterThanOrEqual(before);
    expect(team.createdAt).toBeLessThanOrEqual(server.clock.now() / 1000);
    expect(await admin.teams.get(team.id)).toEqual(team);
    const login = await (await logInAdmin(server)).auth.authenticate(admin.token);
    expect(login.teamIdToTeamRole[team.id]).toEqual([TeamRole.ADMIN]);
    expect((await publishedTemplate({ ...admin, teamId: team.id }, 'First', [step('a')])).team!.id).toBe(team.id);
  });

  test('leaves a trace of who made it', async () => {
    const team = await admin.teams.create('  Audited plant ', '');
    expect(team.name).toBe('Audited plant');
    expect(await auditOf(team.id)).toEqual([
      { team_id: team.id, actor_id: admin.id, action: 'team.created', details: { name: 'Audited plant' } },
    ]);
  });

  test('in the one region of the server, by its name too; another is unknown', async () => {
    const { regionId } = await admin.teams.get(admin.teamId);
    expect(await admin.teams.create('Regional', regionId)).toMatchObject({ regionId });
    await expectNothingWritten(server, () =>
      expectRefusal(
        admin.teams.create('Elsewhere', 'mars'),
        ErrorCode.INVALID_REGION,
        'region-not-found',
        new RegExp(`no region "mars".*"${regionId}"`),
      ),
    );
  });

  test.each([
    ['an empty name', '', 'invalid-argument', /name: empty; expected 1 to 250/],
    ['a blank name', ' \n ', 'invalid-argument', /name: empty/],
    ['a name of 251 characters', 'x'.repeat(251), 'limit-exceeded', /name: 251 characters.*250/],
    ['a name with U+0000', 'a\0b', 'invalid-argument', /name: .*U\+0000/],
  ])('%s is refused', (_, name, slug, message) =>
    expectNothingWritten(server, () => expectRefusal(admin.teams.create(name, ''), BAD_REQUEST, slug, message)),
  );

  test('takes an ADMIN of some team', async () => {
    const right = /adminAdvanced .*which ADMIN has/;
    await expectNothingWritten(server, () =>
      expectRefusal(ana.teams.create('Mine', ''), INSUFFICIENT_PERMISSIONS, 'insufficient-permissions', right),
    );
  });
});

describe('get and index', () => {
  test('every member sees its team', async () => {
    expect(await ana.teams.get(ana.teamId)).toMatchObject({ id: ana.teamId, name: ADMIN.teamName });
  });

  test('index lists the teams of the caller by name, and no others', async () => {
    const mia = await newUser(server, admin, 'mia', TeamRole.ADMIN);
    for (const name of ['Zinc works', 'Alloy works', 'Mill']) await mia.teams.create(name, '');
    expect((await mia.teams.index()).map(({ name }) => name)).toEqual([
      'Alloy works',
      'Mill',
      ADMIN.teamName,
      'Zinc works',
    ]);
    expect((await ana.teams.index()).map(({ name }) => name)).toEqual([ADMIN.teamName]);
    expect((await outsider.teams.index()).map(({ id }) => id)).toEqual([outsider.teamId]);
  });

  test("another team's id is not found, word for word as an id that does not exist", async () => {
    const foreign = await expectRefusal(
      ana.teams.get(outsider.teamId),
      NOT_FOUND,
      'team-not-found',
      /index .*lists yours/,
    );
    const unknown = await expectRefusal(ana.teams.get('no-team'), NOT_FOUND, 'team-not-found', /index .*lists yours/);
    expect(foreign.message.replace(outsider.teamId, 'no-team')).toBe(unknown.message);
    expect(JSON.stringify(foreign)).not.toContain('Other plant');
  });

  test('nothing is there without a token', async () => {
    const teams = (await server.connect()).service('TeamService');
    const calls = [
      teams.index(),
      teams.get(admin.teamId),
      teams.create('Anonymous', ''),
      teams.update(admin.teamId, { name: 'Anonymous' }),
      teams.createUser(admin.teamId, 'zoe@example.org', 'zoes-long-password', 'Zoe', [TeamRole.ADMIN]),
    ];
    await expectNothingWritten(server, async () => {
      for (const call of calls) await expectRefusal(call, ErrorCode.UNAUTHORIZED, 'not-logged-in', /call login/);
    });
  });
});

describe('update', () => {
  test('changes the name, and leaves unset what is unset', async () => {
    const team = await admin.teams.create('Old name', '');
    server.clock.forward(5_000);
    const updated = await admin.teams.update(team.id, { name: 'New name' });
    expect(updated).toMatchObject({ name: 'New name', config: defaultConfig, createdAt: team.createdAt });
    expect(updated.updatedAt).toBeGreaterThan(team.updatedAt);
    expect(await admin.teams.get(team.id)).toEqual(updated);
  });

  test('keeps every setting of a config as it was given, and replaces all of them by the next', async () => {
    const team = await admin.teams.create('Configured', '');
    const config: TeamConfig = {
      requireReviewFlow: true,
      showStepHierarchyPos: true,
      defaultLocale: 'de-CH',
      requireTemplateSetReviewFlow: true,
      backendPdfGen: false,
      useWebSocket: false,
      emailSenderOverride: 'plant@example.org',
      enableObserverRole: true,
      enableTemplateDiffs: false,
      enableTemplateViews: true,
      proxyRegion: 'local',
      useParsableCamera: false,
      previewPdfUrl: 'https://pdf.example.org/',
    };
    expect((await admin.teams.update(team.id, { config })).config).toEqual(expect.objectContaining(config));
    expect(await admin.teams.get(team.id)).toMatchObject({ name: 'Configured', config });
    const { config: next } = await admin.teams.update(team.id, { config: { ...defaultConfig, defaultLocale: 'fr' } });
    expect(next).toMatchObject({
      ...defaultConfig,
      defaultLocale: 'fr',
      previewPdfUrl: null,
      showStepHierarchyPos: null,
    });
  });

  test('a review flow that is switched on is told at the login and holds for publish', async () => {
    const team = await admin.teams.create('Reviewing', '');
    await admin.teams.update(team.id, { config: { ...defaultConfig, requireReviewFlow: true } });
    const login = await admin.auth.authenticate(admin.token);
    expect(login.teamIdToInfo[team.id]).toMatchObject({ requireReviewFlow: true });
    expect(login.teamIdToInfo[admin.teamId]).toMatchObject({ requireReviewFlow: false });
    const publishing = publishedTemplate({ ...admin, teamId: team.id }, 'Reviewed', [step('a')]);
    await expectRefusal(publishing, ErrorCode.WRONG_STATE, 'review-required', /publishVersion/);
  });

  test('leaves a trace of who changed what', async () => {
    const team = await admin.teams.create('Traced', '');
    await admin.teams.update(team.id, { name: 'Traced again' });
    expect((await auditOf(team.id)).slice(1)).toEqual([
      { team_id: team.id, actor_id: admin.id, action: 'team.updated', details: { name: 'Traced again' } },
    ]);
  });

  test('is for an ADMIN of that team', async () => {
    const right = /adminAdvanced, which ADMIN have; your roles in this team: AUTHOR, JOBCREATOR/;
    await expectNothingWritten(server, async () => {
      const byAna = ana.teams.update(ana.teamId, { name: 'Anas plant' });
      await expectRefusal(byAna, INSUFFICIENT_PERMISSIONS, 'insufficient-permissions', right);
      const byOutsider = outsider.teams.update(admin.teamId, { name: 'Taken over' });
      await expectRefusal(byOutsider, NOT_FOUND, 'team-not-found', /index .*lists yours/);
    });
  });

  test.each([
    ['an empty name', { name: '' }, BAD_REQUEST, 'invalid-argument', /opts\.name: empty/],
    ['a name of 251 characters', { name: 'x'.repeat(251) }, BAD_REQUEST, 'limit-exceeded', /opts\.name: 251/],
    [
      'a subdomain in capitals',
      { subdomain: 'North' },
      BAD_REQUEST,
      'invalid-argument',
      /"North"; expected 1 to 63 lower/,
    ],
    [
      'a subdomain that ends in a hyphen',
      { subdomain: 'a-' },
      BAD_REQUEST,
      'invalid-argument',
      /no hyphen at either end/,
    ],
    ['a subdomain of 64', { subdomain: 'x'.repeat(64) }, BAD_REQUEST, 'invalid-argument', /expected 1 to 63/],
  ])('%s is refused', (_, opts, code, slug, message) =>
    expectNothingWritten(server, () => expectRefusal(admin.teams.update(admin.teamId, opts), code, slug, message)),
  );

  test('one session sees what another has changed', async () => {
    const other = await logIn(server, ADMIN.email, ADMIN.password);
    const team = await admin.teams.create('Seen', '');
    await other.teams.update(team.id, { name: 'Seen by both' });
    expect(await admin.teams.get(team.id)).toMatchObject({ name: 'Seen by both' });
  });
});
