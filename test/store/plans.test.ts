/** By which index the database finds what grows with use: entries of a template by a number, jobs of a template, heads in an order. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { TemplateOrderBy, type TemplateSelectOpts } from '#gen/job_template_types';
import { TeamRole } from '#gen/user_types';
import { logInAdmin, newUser, publishedTemplate, step, type TestUser } from '../support/seed.ts';
import { TestServer } from '../support/server.ts';
import { plansOf } from './plans-of.ts';

let server: TestServer;
let ana: TestUser;
let id: string;

beforeAll(async () => {
  server = await TestServer.start();
  ana = await newUser(server, await logInAdmin(server), 'ana', TeamRole.AUTHOR);
  ({ id } = await publishedTemplate(ana, 'Pump', [step('One')]));
});
afterAll(() => server.stop());

const nothing = {} as TemplateSelectOpts;
const asked = () => [{ jobTemplateId: id, publicVersion: 1 }];
const ordered = (field: TemplateOrderBy) =>
  ana.templates.query(nothing, { teamId: ana.teamId }, [{ field, asc: true }]);

test.each<[string, string, () => Promise<unknown>]>([
  ['getPublicVersion', 'template_entries_by_public_version', () => ana.templates.getPublicVersion(id, 1)],
  [
    'fetchPublicVersions',
    'template_entries_by_public_version',
    () => ana.templates.fetchPublicVersions(nothing, asked()),
  ],
  [
    'fetchPublishedVersions',
    'template_entries_by_publication',
    () => ana.templates.fetchPublishedVersions(nothing, asked()),
  ],
  ['the stats of fetch', 'jobs_by_template', () => ana.templates.fetch({ includeStats: true } as never, [id])],
  ['query by title', 'templates_by_title_key', () => ordered(TemplateOrderBy.TITLE)],
  ['query by time of authoring', 'templates_by_latest_authored_at', () => ordered(TemplateOrderBy.AUTHORED_AT)],
  ['query as it comes', 'templates_by_modified_at', () => ana.templates.query(nothing, { teamId: ana.teamId }, [])],
])('%s goes by %s', async (_name, index, call) => {
  const { statements } = await server.statementsOf(call);
  expect(
    await plansOf(
      server.settings,
      statements.filter(statement => statement.startsWith('select')),
    ),
  ).toMatch(new RegExp(`\\b${index}\\b`));
});
