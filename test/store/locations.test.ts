/** What is found by a rectangle: the same on both engines as by looking at every location, and by the index. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { CompiledQuery, type SelectQueryBuilder, sql } from 'kysely';
import type { JobTemplate } from '#gen/job_template_types';
import { locationOf } from '../../src/domain/geometry/location.ts';
import type { Extent } from '../../src/domain/geometry/positions.ts';
import type { Reader } from '../../src/store/database.ts';
import { isLocated, meets } from '../../src/store/locations.ts';
import type { Database } from '../../src/store/schema.ts';
import { engine } from '../support/database.ts';
import { jobOf } from '../support/jobs.ts';
import { logInAdmin, newOutsider, publishedTemplate, step, type TestUser } from '../support/seed.ts';
import { TestServer } from '../support/server.ts';
import { db } from './support.ts';

let server: TestServer;
let admin: TestUser;
let outsider: TestUser;
let template: JobTemplate;
let theirs: JobTemplate;

beforeAll(async () => {
  server = await TestServer.start();
  admin = await logInAdmin(server);
  outsider = await newOutsider(server, admin);
  template = await publishedTemplate(admin, 'Ours', [step('Dig')]);
  theirs = await publishedTemplate(outsider, 'Theirs', [step('Dig')]);
});
afterAll(() => server.stop());

const jobsMeeting = (reader: Reader, teamId: string, extent: Extent) =>
  db(reader)
    .selectFrom('jobs as j')
    .select('j.job_id')
    .where('j.team_id', '=', teamId)
    .where(eb => meets(engine, teamId, eb.ref('j.job_id'), extent));

const found = (teamId: string, extent: Extent): Promise<string[]> =>
  server.store.read(async reader =>
    (await jobsMeeting(reader, teamId, extent).execute()).map(({ job_id }) => job_id).sort(),
  );

const around = (x: number, y: number, half: number): Extent => ({
  xmin: x - half,
  ymin: y - half,
  xmax: x + half,
  ymax: y + half,
});

const put = (teamId: string, jobIds: string[], ...points: [number, number][]) =>
  server.store.transact(tx =>
    tx.locations.put(teamId, jobIds, locationOf('', { points, spatialReference: { wkid: 3857 } })),
  );

describe('a location', () => {
  test('that was moved is found where it is, and no longer where it was', async () => {
    const job = await jobOf(admin, template, { location: { x: 1000, y: 1000, spatialReference: { wkid: 3857 } } });
    expect(await found(admin.teamId, around(1000, 1000, 1))).toEqual([job.id]);
    await put(admin.teamId, [job.id], [-5000, 700]);
    expect(await found(admin.teamId, around(1000, 1000, 1))).toEqual([]);
    expect(await found(admin.teamId, around(-5000, 700, 1))).toEqual([job.id]);
  });

  test('that was deleted is found no more, and no other goes with it', async () => {
    const [one, two, three] = await Promise.all([1, 2, 3].map(() => jobOf(admin, template)));
    await put(admin.teamId, [one!.id, two!.id, three!.id], [2000, 2000]);
    await server.store.transact(tx => tx.locations.deleteLocations(admin.teamId, [one!.id, three!.id]));
    expect(await found(admin.teamId, around(2000, 2000, 1))).toEqual([two!.id]);
    await put(admin.teamId, [three!.id], [2000, 2000]);
    expect(await found(admin.teamId, around(2000, 2000, 1))).toEqual([two!.id, three!.id].sort());
  });

  test('is found by its own team alone, also where both have a job of the same id', async () => {
    for (const [user, own, x] of [
      [admin, template, 3000],
      [outsider, theirs, 3005],
    ] as const)
      await jobOf(user, own, { jobId: 'WO-1', location: { x, y: 0, spatialReference: { wkid: 3857 } } });
    await jobOf(outsider, theirs, { jobId: 'WO-2', location: { x: 3000, y: 0, spatialReference: { wkid: 3857 } } });
    await jobOf(admin, template, { jobId: 'WO-2' });
    expect(await found(admin.teamId, around(3000, 0, 6))).toEqual(['WO-1']);
    expect(await found(admin.teamId, around(3005, 0, 1))).toEqual([]);
    expect(await found(outsider.teamId, around(3005, 0, 1))).toEqual(['WO-1']);
    expect(await found(outsider.teamId, around(3000, 0, 1))).toEqual(['WO-2']);
  });

  test('meets a rectangle that it touches, and none that is the least bit away', async () => {
    const job = await jobOf(admin, template);
    // Between two numbers of 32 bits, and closer to its neighbours than the tolerance of PostgreSQL's boxes.
    const [x, y] = [16_777_217.3, 0.1];
    await put(admin.teamId, [job.id], [x, y]);
    const next = (value: number) => value + 2 ** -28;
    expect(await found(admin.teamId, { xmin: x - 9, ymin: y - 9, xmax: x, ymax: y })).toEqual([job.id]);
    expect(await found(admin.teamId, { xmin: x, ymin: y, xmax: x + 9, ymax: y + 9 })).toEqual([job.id]);
    expect(await found(admin.teamId, { xmin: next(x), ymin: y, xmax: x + 9, ymax: y + 9 })).toEqual([]);
    expect(await found(admin.teamId, { xmin: x, ymin: next(y), xmax: x + 9, ymax: y + 9 })).toEqual([]);
    expect(await found(admin.teamId, { xmin: x - 9, ymin: y - 9, xmax: -next(-x), ymax: y })).toEqual([]);
  });
});

test('isLocated tells the jobs with a location from those without', async () => {
  const [withOne, without] = [await jobOf(admin, template), await jobOf(admin, template)];
  await put(admin.teamId, [withOne.id], [1, 1]);
  const ids = [withOne.id, without.id];
  const located = await server.store.read(reader =>
    db(reader)
      .selectFrom('jobs as j')
      .select('j.job_id')
      .where('j.team_id', '=', admin.teamId)
      .where('j.job_id', 'in', ids)
      .where(eb => isLocated({ teamId: eb.ref('j.team_id'), jobId: eb.ref('j.job_id') }))
      .execute(),
  );
  expect(located).toEqual([{ job_id: withOne.id }]);
});

describe('against looking at every location', () => {
  const SIZE = 60;
  const double = fc.double({ min: -5, max: 5, noNaN: true });
  // Nearer to an axis than a nanometre is on it (domain/geometry/systems.ts).
  const coordinate = fc.oneof(
    fc.integer({ min: -5, max: 5 }),
    double.map(metres => (Math.abs(metres) < 1e-9 ? 0 : metres)),
  );
  const extent = fc.tuple(coordinate, coordinate, coordinate, coordinate).map(([a, b, c, d]) => ({
    xmin: Math.min(a, b),
    xmax: Math.max(a, b),
    ymin: Math.min(c, d),
    ymax: Math.max(c, d),
  }));
  let jobIds: string[];

  beforeAll(async () => {
    ({ jobIds } = await admin.jobs.createJobs(template.id, { numberOfJobs: SIZE }));
    await server.store.transact(async tx => {
      await db(tx).deleteFrom('job_locations').execute();
    });
  });

  test('the same jobs are found, whatever was set and moved before', async () => {
    const places = new Map<string, Extent>();
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(SIZE - 1), extent), { maxLength: 10 }),
        fc.array(extent, { minLength: 1, maxLength: 5 }),
        async (moves, questions) => {
          for (const [index, place] of moves) {
            await put(admin.teamId, [jobIds[index]!], [place.xmin, place.ymin], [place.xmax, place.ymax]);
            places.set(jobIds[index]!, place);
          }
          for (const asked of questions) {
            const right = [...places].filter(
              ([, { xmin, ymin, xmax, ymax }]) =>
                xmin <= asked.xmax && xmax >= asked.xmin && ymin <= asked.ymax && ymax >= asked.ymin,
            );
            expect(await found(admin.teamId, asked)).toEqual(right.map(([jobId]) => jobId).sort());
          }
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe('the plan of the database', () => {
  beforeAll(async () => {
    // Enough that looking at every row would be dearer.
    for (let place = 0; place < 40; place++)
      await admin.jobs.createJobs(template.id, { numberOfJobs: 100, location: { x: place * 4 - 80, y: place } });
    await server.store.transact(async tx => {
      await sql`analyze`.execute(db(tx));
    });
  });

  const plan = (query: SelectQueryBuilder<Database, never, object>, reader: Reader): Promise<string[]> => {
    const { sql: text, parameters } = query.compile();
    const explain = engine === 'sqlite' ? 'explain query plan' : 'explain';
    return db(reader)
      .executeQuery<object>(CompiledQuery.raw(`${explain} ${text}`, [...parameters]))
      .then(({ rows }) => rows.map(row => String('detail' in row ? row.detail : Object.values(row)[0]).trim()));
  };

  test('goes by the index of places, and looks through neither jobs nor locations', async () => {
    const extent = around(0, 2_273_030, 100_000);
    const lines = await server.store.read(reader => plan(jobsMeeting(reader, admin.teamId, extent) as never, reader));
    expect(lines.join('\n')).toMatch(
      /SCAN b VIRTUAL TABLE INDEX 2:\w+|Index (Only )?Scan .*job_locations_by_place|Bitmap Index Scan on job_locations_by_place/,
    );
    expect(lines.filter(line => /^(SCAN (?!b VIRTUAL)|.*Seq Scan)/.test(line))).toEqual([]);
    expect(await found(admin.teamId, extent)).toHaveLength(100);
  });
});
