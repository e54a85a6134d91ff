/** The people of a plant, and what tests of acts on whole jobs say again and again: each file that imports this has a server of its own. */
import { afterAll, beforeAll } from '@jest/globals';
import type { ErrorCode, SystemException } from '#gen/common_types';
import type { JobTemplate } from '#gen/job_template_types';
import { NotificationType } from '#gen/notifications_types';
import { TeamRole } from '#gen/user_types';
import type { Clients } from '../../../src/services/generated.ts';
import { expectRefusal } from '../../support/refusals.ts';
import { expectNothingWritten, rowsOf } from '../../support/rows.ts';
import { logIn, logInAdmin, newOutsider, newUser, type TestUser } from '../../support/seed.ts';
import { TestServer } from '../../support/server.ts';

export let server: TestServer;
export let admin: TestUser;
/** A JOBCREATOR. */
export let ana: TestUser;
/** An EXECUTOR. */
export let ben: TestUser;
/** Of another team. */
export let outsider: TestUser;

beforeAll(async () => {
  server = await TestServer.start();
  admin = await logInAdmin(server);
  ana = await newUser(server, admin, 'ana', TeamRole.JOBCREATOR);
  ben = await newUser(server, admin, 'ben', TeamRole.EXECUTOR);
  outsider = await newOutsider(server, admin);
});

afterAll(() => server.stop());

/** A connection of its own for the user: calls on one connection are answered one after the other. */
export async function anotherConnection(user: TestUser): Promise<Clients['JobsService']> {
  const connection = await server.connect();
  await connection.service('AuthenticationService').authenticate(user.token);
  return connection.service('JobsService');
}

/** When what a token may do has changed, or its caches are to be empty. */
export const again = (user: TestUser): Promise<TestUser> => logIn(server, user.email, user.password, user.teamId);

/** Passes when the call is refused and nothing is written. */
export const refused = (
  call: () => Promise<unknown>,
  code: ErrorCode,
  slug: string,
  message: RegExp,
): Promise<SystemException> => expectNothingWritten(server, () => expectRefusal(call(), code, slug, message));

/** The events of a job in their order: the names of their kinds, who did it, and what they say besides. */
export async function eventsOf(jobId: string): Promise<{ type: string; by: string | null; says: object }[]> {
  const rows = (await rowsOf(server, 'events')).filter(row => row.job_id === jobId);
  return rows
    .sort((a, b) => a.xid - b.xid || a.event_id - b.event_id)
    .map(row => ({ type: NotificationType[row.type]!, by: row.user_id, says: JSON.parse(row.body) }));
}

/** Edits a template as its lock's holder, and publishes it. */
export async function republished(
  template: JobTemplate,
  edit: (templateId: string, rootId: string) => Promise<unknown>,
): Promise<JobTemplate> {
  await admin.templates.acquireLock(template.id);
  await edit(template.id, template.stepGroup.id);
  const published = await admin.templates.publish(template.id);
  await admin.templates.releaseLock(template.id);
  return published;
}
