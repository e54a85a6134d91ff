/** A job and the people around it, for the tests of its attachments: each file that imports this has a server of its own. */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll } from '@jest/globals';
import type { SystemException } from '#gen/common_types';
import type { JobAttachment } from '#gen/jobs_types';
import { TeamRole } from '#gen/user_types';
import { TestHttp } from '../../support/http.ts';
import { newJob, stepOf, type TestJob } from '../../support/jobs.ts';
import { expectRefusal } from '../../support/refusals.ts';
import { expectNothingWritten } from '../../support/rows.ts';
import { logIn, logInAdmin, newOutsider, newUser, type TestUser } from '../../support/seed.ts';
import { TestServer } from '../../support/server.ts';

export let server: TestServer;
export let http: TestHttp;
export let admin: TestUser;
/** An AUTHOR and JOBCREATOR. */
export let ana: TestUser;
/** A JOBCREATOR and EXECUTOR. */
export let ben: TestUser;
/** In the team, without the privilege jobUpdateAttachments. */
export let reader: TestUser;
/** Of another team. */
export let outsider: TestUser;
export let job: TestJob;

beforeAll(async () => {
  server = await TestServer.start();
  http = new TestHttp(server.address);
  admin = await logInAdmin(server);
  ana = await newUser(server, admin, 'ana', TeamRole.AUTHOR, TeamRole.JOBCREATOR);
  ben = await newUser(server, admin, 'ben', TeamRole.JOBCREATOR, TeamRole.EXECUTOR);
  reader = await newUser(server, admin, 'rea', TeamRole.AUTHOR);
  outsider = await newOutsider(server, admin);
  job = await openJob();
});
afterAll(() => server.stop());

/** Of two steps for EXECUTORs: "Open the valve", then "Close it". */
export const openJob = (): Promise<TestJob> =>
  newJob(admin, [stepOf('Open the valve', 'EXECUTOR'), stepOf('Close it', 'EXECUTOR')]);

/** A second session of the same user. */
export const again = (user: TestUser): Promise<TestUser> => logIn(server, user.email, user.password, user.teamId);

/** When the tokens of all are over. */
export async function logInAgain(): Promise<void> {
  [admin, ana, ben] = [await again(admin), await again(ana), await again(ben)];
  [reader, outsider] = [await again(reader), await again(outsider)];
}

export const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** The attachment of the job with this id; undefined when it has none. */
export const attachment = async (id: string): Promise<JobAttachment> =>
  (await ben.jobs.getAttachments(job.id)).find(candidate => candidate.id === id)!;

/** A file that ben adds to the job. */
export async function added(bytes: Buffer, more: object = {}): Promise<JobAttachment> {
  const { attachmentId } = await ben.jobs.addAttachment({ jobId: job.id, attachment: bytes, ...more });
  return attachment(attachmentId);
}

/** Passes when the call is refused and nothing is written. */
export const refused = (
  call: () => Promise<unknown>,
  code: number,
  slug: string,
  message: RegExp,
): Promise<SystemException> => expectNothingWritten(server, () => expectRefusal(call(), code, slug, message));
