/**
 * The promise that matters most: what was acknowledged is there after a crash. The demo's story runs against a server process,
 * which is killed in the middle of it, started again on the same database, and asked for everything that it had acknowledged.
 */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { JobTemplateModular } from '#gen/job_template_types';
import { JobHistoryAction } from '#gen/jobs_types';
import type { Stage } from '../../src/cli/demo/cast.ts';
import { tell } from '../../src/cli/demo/story.ts';
import { type ClientConnection, ConnectionLost, connect } from '../../src/client/connect.ts';
import type { Clients, ServiceName } from '../../src/services/generated.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';
import { type ServerProcess, serve } from '../support/process.ts';

const admin = { email: 'admin@localhost', password: 'administrators-password' };

/** An answer that the server gave before it was killed. */
interface Acknowledged {
  readonly call: string;
  readonly args: unknown[];
  // biome-ignore lint/suspicious/noExplicitAny: answers of every function of the interface, told apart by `call`
  readonly answer: any;
}

let database: TestDatabase;
let server: ServerProcess;
beforeEach(async () => {
  database = await freshDatabase();
});
afterEach(async () => {
  await server.end('SIGKILL');
  await database.drop();
});

const start = () => serve(database.settings, { JOBWRIGHT_ADMIN_PASSWORD: admin.password });

/** A connection that writes down every answer, and tells how many there are. */
function recorded(
  connection: ClientConnection,
  ledger: Acknowledged[],
  counted: (count: number) => void,
): ClientConnection {
  const service = (name: ServiceName) =>
    new Proxy(connection.service(name), {
      get: (target, method: string) => {
        const call = (target as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>)[method]!;
        return async (...args: unknown[]) => {
          const answer = await call.apply(target, args);
          ledger.push({ call: `${name}.${method}`, args, answer });
          counted(ledger.length);
          return answer;
        };
      },
    });
  return { service, close: () => connection.close() } as unknown as ClientConnection;
}

/** What a client meets when its server is killed: in a call, or while it connects. */
const isEndOfServer = (error: unknown): boolean =>
  error instanceof ConnectionLost ||
  ['ECONNREFUSED', 'ECONNRESET', 'EPIPE'].includes((error as { code?: string }).code ?? '');

/** Runs the story until `kill` answers have come, then kills the server with the next calls on their way. */
async function storyKilledAfter(kill: number): Promise<Acknowledged[]> {
  const ledger: Acknowledged[] = [];
  let killed: Promise<unknown> | undefined;
  const counted = (count: number) => {
    if (count === kill) setImmediate(() => (killed = server.end('SIGKILL')));
  };
  const stage: Stage = { admin, connect: async () => recorded(await connect(server.address), ledger, counted) };
  const outcome = await tell(stage, () => {}).catch((error: unknown) => error);
  expect(isEndOfServer(outcome) ? 'the server was gone' : outcome).toBe('the server was gone');
  await killed;
  return ledger;
}

const answersOf = (ledger: Acknowledged[], call: RegExp) => ledger.filter(entry => call.test(entry.call));

async function expectTemplates(ledger: Acknowledged[], templates: Clients['JobTemplateService']): Promise<void> {
  const edits = answersOf(ledger, /JobTemplateService\.(create|update.*|addStep.*Modular)$/);
  const newest = new Map<string, JobTemplateModular & { version?: number }>();
  for (const { answer } of edits) newest.set(answer.id, answer);
  for (const [id, edited] of newest) {
    const now = await templates.get(id);
    const acknowledged = edited.internalVersion ?? edited.version;
    // One more may have been written whose answer did not come through any more.
    expect([acknowledged, acknowledged + 1]).toContain(now.version);
    if (now.version === acknowledged) expect(now.stepGroup).toEqual(edited.stepGroup);
  }
  for (const { answer } of answersOf(ledger, /\.publish$/)) {
    const now = await templates.getPublicVersion(answer.id, answer.publicVersion);
    expect({ ...now, locked: null }).toEqual({ ...answer, locked: null });
  }
}

async function expectJobs(ledger: Acknowledged[], jobs: Clients['JobsService']): Promise<void> {
  const actions = {
    'JobsService.startSteps': JobHistoryAction.Started,
    'JobsService.finishSteps': JobHistoryAction.Finished,
  };
  for (const { answer: created } of answersOf(ledger, /\.createJobs$/)) {
    const [jobId] = created.jobIds;
    const history = (await jobs.getJobHistory(jobId)).map(row => `${JobHistoryAction[row.action]} ${row.stepId ?? ''}`);
    for (const { call, args, answer } of answersOf(ledger, /\.(start|finish)Steps$/).filter(
      entry => entry.args[0] === jobId,
    )) {
      if (!answer.success) continue;
      const action = JobHistoryAction[actions[call as keyof typeof actions]];
      for (const { stepId } of answer.stepResponses)
        expect({ args, history }).toEqual({ args, history: expect.arrayContaining([`${action} ${stepId}`]) });
    }
  }
}

async function expectTokens(ledger: Acknowledged[], connection: ClientConnection): Promise<void> {
  for (const { answer } of answersOf(ledger, /\.login$/)) {
    const again = await connection.service('AuthenticationService').authenticate(answer.authToken);
    expect(again.currentUser).toEqual(answer.currentUser);
  }
}

/** In the middle of: the people, the first import, the first job, a later import, a later job. */
test.each([5, 17, 80, 260, 700])(
  'killed after %i answers, the server comes back with everything it acknowledged',
  async kill => {
    server = await start();
    const ledger = await storyKilledAfter(kill);
    expect(ledger.length).toBeGreaterThanOrEqual(kill);
    server = await start();
    const connection = await connect(server.address);
    await connection.service('AuthenticationService').login(admin.email, admin.password, {});
    await expectTemplates(ledger, connection.service('JobTemplateService'));
    await expectJobs(ledger, connection.service('JobsService'));
    await expectTokens(ledger, connection);
    await connection.close();
  },
);

test('on SIGTERM the server exits with 0, and comes back with what it had', async () => {
  server = await start();
  expect(server.printed.join('\n')).toMatch(/First start: made the team/);
  expect(await server.end('SIGTERM')).toEqual({ exitCode: 0, signal: null });
  server = await start();
  expect(server.printed.join('\n')).not.toMatch(/First start/);
});
