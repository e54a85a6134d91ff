/** setJobLocation, getJobLocation, and the location that createJobs gives: what is kept, what is refused, and what it costs. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ErrorCode } from '#gen/common_types';
import { GeometryType } from '#gen/flow_types';
import type { JobTemplate } from '#gen/job_template_types';
import { type Geometry, JobHistoryAction } from '#gen/jobs_types';
import { NotificationType } from '#gen/notifications_types';
import { TeamRole } from '#gen/user_types';
import { jobOf, type TestJob } from '../../support/jobs.ts';
import { expectRefusal } from '../../support/refusals.ts';
import { expectNothingWritten, rowsOf } from '../../support/rows.ts';
import { logInAdmin, newUser, publishedTemplate, step, type TestUser } from '../../support/seed.ts';
import { TestServer } from '../../support/server.ts';

let server: TestServer;
let admin: TestUser;
/** A JOBCREATOR. */
let ana: TestUser;
/** An EXECUTOR. */
let ben: TestUser;
let template: JobTemplate;

beforeAll(async () => {
  server = await TestServer.start();
  admin = await logInAdmin(server);
  ana = await newUser(server, admin, 'ana', TeamRole.JOBCREATOR);
  ben = await newUser(server, admin, 'ben', TeamRole.EXECUTOR);
  template = await publishedTemplate(admin, 'Mend the pipe', [step('Dig'), step('Mend')]);
});
afterAll(() => server.stop());

const newJob = (overrides = {}): Promise<TestJob> => jobOf(ana, template, overrides);

/** Thrift's own clients leave unset what is not set; so does the server. */
const located = async (job: TestJob, user = ben): Promise<Partial<Geometry>> =>
  Object.fromEntries(Object.entries(await user.jobs.getJobLocation(job.id)).filter(([, value]) => value != null));

const metres = (geometry: Geometry): Geometry => ({ ...geometry, spatialReference: { wkid: 3857 } });
const ring = [
  [0, 0],
  [0, 9],
  [9, 9],
  [9, 0],
  [0, 0],
];
const hole = [
  [2, 2],
  [4, 2],
  [4, 4],
  [2, 2],
];

describe('what is set comes back in 3857', () => {
  test.each<[string, Geometry, Geometry]>([
    ['a Point, as a Multipoint of one', { x: 1.5, y: -2 }, { points: [[1.5, -2]] }],
    ['nearer to an axis than a nanometre, on it', { x: 1e-300, y: -1e-47 }, { points: [[0, 0]] }],
    [
      'a Multipoint',
      {
        points: [
          [1, 2],
          [3, 4],
          [1, 2],
        ],
      },
      {
        points: [
          [1, 2],
          [3, 4],
          [1, 2],
        ],
      },
    ],
    [
      'a Polyline of two lines',
      {
        paths: [
          [
            [1, 2],
            [3, 4],
          ],
          [
            [5, 6],
            [7, 8],
            [9, 9],
          ],
        ],
      },
      {
        paths: [
          [
            [1, 2],
            [3, 4],
          ],
          [
            [5, 6],
            [7, 8],
            [9, 9],
          ],
        ],
      },
    ],
    ['a Polygon with a hole', { rings: [ring, hole] }, { rings: [ring, hole] }],
    ['without heights and measures', { points: [[1, 2, 440, 7]] }, { points: [[1, 2]] }],
    [
      'with every digit',
      {
        points: [
          [0.1 + 0.2, 1 / 3],
          [-20_037_508.342_789_244, 1e-9],
        ],
      },
      {
        points: [
          [0.1 + 0.2, 1 / 3],
          [-20_037_508.342_789_244, 1e-9],
        ],
      },
    ],
  ])('%s', async (_, sent, right) => {
    const job = await newJob();
    expect(await ana.jobs.setJobLocation(job.id, metres(sent))).toBe(true);
    expect(await located(job)).toEqual(metres(right));
  });

  test('a Point without a coordinate system is one of longitude and latitude', async () => {
    const job = await newJob();
    expect(await ana.jobs.setJobLocation(job.id, { x: -111.3, y: 52.68 })).toBe(true);
    const { points, ...rest } = await located(job);
    expect(rest).toEqual({ spatialReference: { wkid: 3857 } });
    expect(points).toHaveLength(1);
    const [x, y] = points![0]!;
    expect(Math.abs(x! - -12_389_859.3253)).toBeLessThan(0.01);
    expect(Math.abs(y! - 6_924_024.5504)).toBeLessThan(0.01);
  });

  test('UTM is brought into it', async () => {
    const job = await newJob();
    await ana.jobs.setJobLocation(job.id, { x: 500_000, y: 0, spatialReference: { wkid: 32633 } });
    const [x, y] = (await located(job)).points![0]!;
    expect(Math.abs(x! - 1_669_792.3619)).toBeLessThan(0.01);
    expect(Math.abs(y!)).toBeLessThan(0.01);
  });
});

describe('a job', () => {
  test('without a location says so, and answers a Geometry with nothing set', async () => {
    const job = await newJob();
    expect(await located(job)).toEqual({});
    expect((await job.get(ben)).hasLocation).toBe(false);
  });

  test('with one says so; revision, history and an event tell of it', async () => {
    const job = await newJob();
    await ana.jobs.setJobLocation(job.id, { x: 8.5, y: 47.4 });
    expect(await job.get(ben)).toMatchObject({ hasLocation: true, revision: 2 });
    expect((await ben.jobs.getJobHistory(job.id)).at(-1)).toMatchObject({
      action: JobHistoryAction.Updated,
      result: 'location',
      userId: ana.id,
    });
    const events = (await rowsOf(server, 'events')).filter(event => event.job_id === job.id);
    expect(events.map(({ type }) => NotificationType[type]).sort()).toEqual(['Created', 'JobLocationUpdated']);
    expect(events.every(event => event.user_id === ana.id)).toBe(true);
  });

  test('has one location at a time: the last that was set', async () => {
    const [job, other] = [await newJob(), await newJob()];
    await ana.jobs.setJobLocation(other.id, metres({ x: 1, y: 1 }));
    await ana.jobs.setJobLocation(job.id, metres({ rings: [ring] }));
    await ana.jobs.setJobLocation(
      job.id,
      metres({
        paths: [
          [
            [5, 6],
            [7, 8],
          ],
        ],
      }),
    );
    expect(await located(job)).toEqual(
      metres({
        paths: [
          [
            [5, 6],
            [7, 8],
          ],
        ],
      }),
    );
    expect(await located(other)).toEqual(metres({ points: [[1, 1]] }));
    const rows = (await rowsOf(server, 'job_locations')).filter(row => row.job_id === job.id);
    expect(rows).toMatchObject([{ kind: GeometryType.Polyline, west: 5, south: 6, east: 7, north: 8 }]);
  });

  test('keeps its location when it is closed', async () => {
    const job = await newJob({ location: { x: 8.5, y: 47.4 } });
    await ana.jobs.closeJobs([job.id]);
    expect((await located(job)).points).toHaveLength(1);
  });

  test('that two set at once takes both, one after the other', async () => {
    const job = await newJob();
    const places = Array.from({ length: 10 }, (_, index) => metres({ x: index, y: index }));
    await Promise.all(places.map((place, index) => [ana, admin][index % 2]!.jobs.setJobLocation(job.id, place)));
    expect((await job.get(ana)).revision).toBe(11);
    expect(await job.history(ana)).toEqual(['Created', ...places.map(() => 'Updated')]);
  });
});

describe('createJobs', () => {
  test('gives each of the jobs the location', async () => {
    const { jobIds } = await ana.jobs.createJobs(template.id, {
      numberOfJobs: 3,
      location: metres({ rings: [ring, hole] }),
    });
    for (const jobId of jobIds) {
      expect(await ben.jobs.getJobLocation(jobId)).toMatchObject(metres({ rings: [ring, hole] }));
      expect(await ben.jobs.getJob(jobId, {})).toMatchObject({ hasLocation: true, revision: 1 });
    }
  });

  test('gives it to jobs that the server begins before they are written, too', async () => {
    const unlessSmall = step('Cordon off', { flow: { condition: "jobName <> 'small'" } });
    const way = await publishedTemplate(admin, 'Asks about the job', [unlessSmall, step('Dig')]);
    const job = await jobOf(ana, way, { location: { x: 8.5, y: 47.4 } });
    expect(await job.get(ben)).toMatchObject({ hasLocation: true, revision: 1 });
    expect((await located(job)).points).toHaveLength(1);
  });

  test('with the same requestId and another location is another request', async () => {
    const request = (x: number) => ana.jobs.createJobs(template.id, { requestId: 'at-a-place', location: { x, y: 1 } });
    const first = await request(8);
    expect(await request(8)).toEqual(first);
    await expectRefusal(request(9), ErrorCode.BAD_REQUEST, 'request-id-reused');
  });

  test('refuses what no location is, and more positions in all than one call may write', async () => {
    const points = Array.from({ length: 1_001 }, (_, index) => [index / 1000, 0]);
    const refused = (overrides: object, slug: string, message: RegExp) =>
      expectNothingWritten(server, () =>
        expectRefusal(ana.jobs.createJobs(template.id, overrides), ErrorCode.BAD_REQUEST, slug, message),
      );
    await refused({ location: { x: 8.5 } }, 'invalid-geometry', /^jobOverrides\.location: x is set alone/);
    await refused(
      { numberOfJobs: 1000, location: { points } },
      'limit-exceeded',
      /^jobOverrides\.numberOfJobs: 1000 jobs at a location of 1001 positions each; at most 999 of them in one call$/,
    );
  });
});

describe('what is refused', () => {
  const line = Array.from({ length: 60_000 }, () => [1, 2]);

  test.each<[string, Geometry, string, RegExp]>([
    ['nothing', {}, 'invalid-geometry', /^geometry: nothing is set; expected x and y, or points, or paths, or rings$/],
    ['half a Point', { y: 47.4 }, 'invalid-geometry', /y is set alone/],
    ['two kinds', { x: 1, y: 2, rings: [ring] }, 'invalid-geometry', /x and y and rings are set/],
    ['no points', { points: [] }, 'invalid-geometry', /^geometry\.points: 0 positions/],
    ['no lines', { paths: [] }, 'invalid-geometry', /^geometry\.paths: is empty/],
    [
      'a line of one position',
      { paths: [[[1, 2]]] },
      'invalid-geometry',
      /paths\[0\]: 1 positions; a line has at least 2/,
    ],
    ['a position of one number', { points: [[1]] }, 'invalid-geometry', /points\[0\]: one number/],
    [
      'a ring that is not closed',
      { rings: [ring.slice(0, 4)] },
      'invalid-geometry',
      /rings\[0\]: ends at \(9, 0\); a ring ends where it begins/,
    ],
    [
      'a ring without area',
      {
        rings: [
          [
            [0, 0],
            [1, 1],
            [2, 2],
            [0, 0],
          ],
        ],
      },
      'invalid-geometry',
      /rings\[0\]: has no area/,
    ],
    ['a hole alone', { rings: [hole] }, 'invalid-geometry', /turns counter-clockwise/],
    ['a pole', { x: 0, y: -90 }, 'invalid-geometry', /not on the map of Web Mercator/],
    [
      'an unknown coordinate system',
      { x: 0, y: 0, spatialReference: { wkid: 99999 } },
      'invalid-geometry',
      /99999 is no coordinate system.*expected 4326/,
    ],
    [
      'a negative one',
      { x: 0, y: 0, spatialReference: { wkid: -1 } },
      'invalid-geometry',
      /-1 is no coordinate system/,
    ],
    ['NaN', { x: Number.NaN, y: 0 }, 'invalid-argument', /geometry\.x: NaN; expected a finite number/],
    [
      'infinity',
      { points: [[0, Infinity]] },
      'invalid-argument',
      /geometry\.points\[0\]\[1\]: Infinity; expected a finite/,
    ],
    [
      'too many positions',
      { paths: [line, line] },
      'limit-exceeded',
      /^geometry\.paths: 120000 positions; a geometry may have 100000$/,
    ],
  ])('%s: nothing is written, and the server goes on', async (_, geometry, slug, message) => {
    const job = await newJob({ location: { x: 1, y: 1 } });
    await expectNothingWritten(server, () =>
      expectRefusal(ana.jobs.setJobLocation(job.id, geometry), ErrorCode.BAD_REQUEST, slug, message),
    );
    expect(await job.get(ana)).toMatchObject({ hasLocation: true, revision: 1 });
  });

  test('a closed job', async () => {
    const job = await newJob();
    await ana.jobs.closeJobs([job.id]);
    await expectNothingWritten(server, () =>
      expectRefusal(
        ana.jobs.setJobLocation(job.id, { x: 1, y: 1 }),
        ErrorCode.WRONG_STATE,
        'job-closed',
        /is closed; its location stays as it is/,
      ),
    );
  });

  test('a caller without the privilege', async () => {
    const job = await newJob();
    await expectNothingWritten(server, () =>
      expectRefusal(
        ben.jobs.setJobLocation(job.id, { x: 1, y: 1 }),
        ErrorCode.INSUFFICIENT_PERMISSIONS,
        'insufficient-permissions',
        /jobUpdateLocation/,
      ),
    );
  });
});

test('setting costs 7 statements at most, asking 3, and reading a job as many as without a location', async () => {
  const job = await newJob();
  const { statements: without } = await server.statementsOf(() => job.get(ana));
  const set = await server.statementsOf(() => ana.jobs.setJobLocation(job.id, { rings: [ring] }));
  expect(set.statements.length).toBeLessThanOrEqual(7);
  const { statements: asked } = await server.statementsOf(() => ana.jobs.getJobLocation(job.id));
  expect(asked.length).toBeLessThanOrEqual(3);
  const { statements: read } = await server.statementsOf(() => job.get(ana));
  expect(read).toEqual(without);
});
