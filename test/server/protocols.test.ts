/**
 * The wire as clients of any make meet it: framed binary and compact, "Service:method" and plain names, the stock Thrift client
 * beside our own, old binary messages, and 64-bit integers.
 */
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import thrift from 'thrift';
import * as AuthenticationService from '#gen/AuthenticationService';
import { ErrorCode } from '#gen/common_types';
import * as JobTemplateService from '#gen/JobTemplateService';
import { JobActionStepStatus, JobHistoryAction } from '#gen/jobs_types';
import { expectRefusal } from '../support/refusals.ts';
import { leaves, logIn, logInAdmin, publishedTemplate, step, type TestUser } from '../support/seed.ts';
import { ADMIN, TestServer } from '../support/server.ts';
import { args, compact, decoded, framed, message, RawConnection, resultIn } from './raw.ts';

let server: TestServer;
let admin: TestUser;

beforeAll(async () => {
  server = await TestServer.start();
  admin = await logInAdmin(server);
});
afterAll(() => server.stop());

const combinations = (['binary', 'compact'] as const).flatMap(protocol =>
  [false, true].map(plainNames => ({ protocol, plainNames, names: plainNames ? 'plain' : 'multiplexed' })),
);

describe.each(combinations)('framed $protocol with $names names', ({ protocol, plainNames }) => {
  test('carries the way from login over a published template to a finished job', async () => {
    const connection = await server.connect({ protocol, plainNames });
    const auth = connection.service('AuthenticationService');
    const templates = connection.service('JobTemplateService');
    const jobs = connection.service('JobsService');

    const login = await auth.login(ADMIN.email, ADMIN.password, {});
    const [teamId] = Object.keys(login.teamIdToInfo);
    const created = await templates.create(teamId!, { title: 'Grease the bearings – größe 3½' }, []);
    await templates.acquireLock(created.id);
    const edited = await templates.addStepModular(created.id, created.stepGroup.id, step('Wipe the nipple'), -1, false);
    await templates.releaseLock(created.id);
    const published = await templates.publish(created.id);
    expect(published).toMatchObject({
      id: created.id,
      title: 'Grease the bearings – größe 3½',
      status: 'Published',
      version: 2,
      publicVersion: 1,
    });
    expect(published.stepGroup).toEqual(edited.stepGroup);
    const fetched = await templates.fetch({ includeSteps: true } as never, [created.id]);
    expect(fetched[created.id]?.template?.stepGroup).toEqual(published.stepGroup);

    const { jobIds } = await jobs.createJobs(created.id, { jobName: 'Pump 7' });
    const [only] = leaves(published.stepGroup);
    expect((await jobs.startSteps(jobIds[0]!, [only!.id])).success).toBe(true);
    const finished = await jobs.finishSteps(jobIds[0]!, [only!.id]);
    expect(finished.stepResponses).toMatchObject([{ stepId: only!.id, status: JobActionStepStatus.Success }]);
    expect(await jobs.getJob(jobIds[0]!, {} as never)).toMatchObject({ closed: true, percentComplete: 100 });
    const history = await jobs.getJobHistory(jobIds[0]!);
    expect(history.map(row => row.action)).toEqual([
      JobHistoryAction.Created,
      JobHistoryAction.Started,
      JobHistoryAction.Finished,
      JobHistoryAction.Closed,
    ]);

    await auth.logout();
    await expectRefusal(templates.get(created.id), ErrorCode.UNAUTHORIZED, 'not-logged-in', /call login/);
    await auth.authenticate(admin.token);
    expect((await templates.get(created.id)).version).toBe(2);
  });

  test('reads a template of many strings, lists and structs exactly as the other combinations do', async () => {
    const connection = await server.connect({ protocol, plainNames });
    await connection.service('AuthenticationService').authenticate(admin.token);
    const template = await publishedTemplate(admin, 'Every kind of value', [
      step('One', { descrip: [{ txt: { txt: '\u{1F529} bolts' } }] } as never),
      step('Two', { blocking: true, flow: { canSkip: true } } as never),
    ]);
    expect(await connection.service('JobTemplateService').get(template.id)).toEqual(
      await admin.templates.get(template.id),
    );
  });
});

test('a plain name that several services have belongs to JobTemplateService first', async () => {
  const template = await publishedTemplate(admin, 'Whose get is it', [step('One')]);
  const plain = await server.connect({ plainNames: true });
  await plain.service('AuthenticationService').authenticate(admin.token);
  // TeamService has a `get` too; by its plain name it is out of reach.
  await expectRefusal(plain.service('TeamService').get(admin.teamId), ErrorCode.NOT_FOUND, 'template-not-found');
  expect((await plain.service('JobTemplateService').get(template.id)).id).toBe(template.id);
  expect((await admin.teams.get(admin.teamId)).id).toBe(admin.teamId);
});

describe.each([
  { protocol: 'TBinaryProtocol', stock: thrift.TBinaryProtocol },
  { protocol: 'TCompactProtocol', stock: thrift.TCompactProtocol },
])('the stock Thrift client with $protocol', ({ stock }) => {
  const open = async () => {
    const connection = thrift.createConnection(server.address.host, server.address.port, {
      transport: thrift.TFramedTransport,
      protocol: stock,
    });
    await once(connection, 'connect');
    return connection;
  };

  test('logs in and reads a template with multiplexed names', async () => {
    const template = await publishedTemplate(admin, 'For a stock client', [step('One'), step('Two')]);
    const connection = await open();
    const multiplexer = new thrift.Multiplexer();
    const auth = multiplexer.createClient('AuthenticationService', AuthenticationService.Client, connection);
    const templates = multiplexer.createClient('JobTemplateService', JobTemplateService.Client, connection);
    const login = await auth.login(ADMIN.email, ADMIN.password, {});
    expect(login.currentUser.email).toBe(ADMIN.email);
    const read = await templates.get(template.id);
    expect(read.title).toBe('For a stock client');
    expect(leaves(read.stepGroup).map(leaf => leaf.title)).toEqual(['One', 'Two']);
    // Its 64-bit integers are objects.
    expect(Number(read.lastAuthoredAt)).toBe(template.lastAuthoredAt);
    const refused = await templates.get('no-such-template').catch((error: unknown) => error);
    expect(refused).toMatchObject({ errorCode: ErrorCode.NOT_FOUND, slug: 'template-not-found' });
    connection.end();
    await once(connection, 'close');
  });

  test('logs in and reads a template with plain names', async () => {
    const template = await publishedTemplate(admin, 'For a plain stock client', [step('One')]);
    const connection = await open();
    await thrift.createClient(AuthenticationService.Client, connection).login(ADMIN.email, ADMIN.password, {});
    const read = await thrift.createClient(JobTemplateService.Client, connection).get(template.id);
    expect(read).toMatchObject({ id: template.id, title: 'For a plain stock client', publicVersion: 1 });
    connection.end();
    await once(connection, 'close');
  });
});

describe('old binary messages, without a version at their beginning,', () => {
  /** Name, type and number of the message, then an empty struct. */
  const oldMessage = (name: string, seqid: number): Buffer => {
    const head = Buffer.alloc(4);
    head.writeInt32BE(name.length);
    return Buffer.concat([head, Buffer.from(name), Buffer.from([1, 0, 0, 0, seqid]), Buffer.from([0])]);
  };

  test.each(['ping', 'AuthenticationService:ping'])(
    'are answered in the binary protocol when they call %s',
    async name => {
      const raw = await RawConnection.open(server.address);
      raw.send(framed(oldMessage(name, 7)));
      const reply = decoded(await raw.answer());
      expect(reply).toMatchObject({ name: 'ping', seqid: 7, kind: 'reply' });
      expect(resultIn('AuthenticationService', reply).success).toBe('test');
      raw.close();
    },
  );

  test('that name no function get a TApplicationException that names it', async () => {
    const raw = await RawConnection.open(server.address);
    raw.send(framed(oldMessage('noSuchFunction', 8)));
    expect(decoded(await raw.answer())).toMatchObject({
      kind: 'exception',
      seqid: 8,
      exceptionMessage: 'Unknown function noSuchFunction',
    });
    raw.close();
  });
});

describe.each(['binary', 'compact'] as const)('64-bit integers in %s', protocol => {
  let templateId: string;
  let user: TestUser;

  beforeAll(async () => {
    templateId = (await publishedTemplate(admin, 'Dates', [step('One')])).id;
    user = await logIn(server, ADMIN.email, ADMIN.password);
  });

  test.each([
    0,
    1,
    -1,
    63,
    64,
    -64,
    -65,
    2 ** 31 - 1,
    2 ** 31,
    -(2 ** 31) - 1,
    2 ** 32 - 1,
    2 ** 32,
    2 ** 32 + 1,
    1_767_225_600_000,
    -1_767_225_600_000,
    2 ** 48 + 12_345,
    -(2 ** 48) - 12_345,
    8_639_999_999_999_999,
    8_640_000_000_000_000,
    -8_640_000_000_000_000,
  ])('%d comes back as it was sent', async startDate => {
    const connection = await server.connect({ protocol });
    await connection.service('AuthenticationService').authenticate(user.token);
    const jobs = connection.service('JobsService');
    const { jobIds } = await jobs.createJobs(templateId, { startDate });
    expect((await jobs.getJob(jobIds[0]!, {} as never)).startDate).toBe(startDate);
  });

  test.each([
    ['2^53', Buffer.from('0020000000000000', 'hex'), Buffer.from('8080808080808020', 'hex')],
    ['2^63 - 1', Buffer.from('7fffffffffffffff', 'hex'), Buffer.from('feffffffffffffffff01', 'hex')],
    ['-2^63', Buffer.from('8000000000000000', 'hex'), Buffer.from('ffffffffffffffffff01', 'hex')],
  ])('%s is refused with what would be right, and nothing is written', async (_name, bigEndian, zigzag) => {
    const raw = await RawConnection.open(server.address);
    const Protocol = protocol === 'binary' ? undefined : compact;
    const options = Protocol ? { protocol: Protocol } : {};
    const login = args('AuthenticationService', 'authenticate', { token: user.token });
    raw.send(framed(message('authenticate', login, options)));
    expect(decoded(await raw.answer(), Protocol).kind).toBe('reply');
    const before = await jobCount();

    // A valid call with a number that is found again, and the large one in its place.
    const marked = message(
      'createJobs',
      args('JobsService', 'createJobs', { jobTemplateId: templateId, jobOverrides: { startDate: 123_456_789 } }),
      options,
    );
    const [mark, large] =
      protocol === 'binary'
        ? [Buffer.from('00000000075bcd15', 'hex'), bigEndian]
        : [Buffer.from('aab4de75', 'hex'), zigzag];
    const at = marked.indexOf(mark);
    expect(at).toBeGreaterThan(0);
    raw.send(framed(Buffer.concat([marked.subarray(0, at), large, marked.subarray(at + mark.length)])));
    const reply = decoded(await raw.answer(), Protocol);
    expect(reply).toMatchObject({ name: 'createJobs', kind: 'reply' });
    expect(resultIn('JobsService', reply).err).toMatchObject({
      errorCode: ErrorCode.BAD_REQUEST,
      slug: 'invalid-argument',
      message: expect.stringMatching(/^jobOverrides\.startDate: .*9007199254740991/),
      details: { field: 'jobOverrides.startDate' },
    });
    expect(await jobCount()).toBe(before);
    raw.close();
  });

  const jobCount = async (): Promise<number> => {
    const read = await admin.templates.fetch({ includeStats: true } as never, [templateId]);
    return read[templateId]!.template!.stats!.activeJobs;
  };
});
