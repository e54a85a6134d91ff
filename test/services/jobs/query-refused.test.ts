/** Queries and statistics that cannot be meant: the declared error, with what would be right, and the next call is answered. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { ErrorCode } from '#gen/common_types';
import { MAX_FILTER_BYTES, type Query } from '#gen/jobs_types';
import { property, related, single, templateWith } from '../../support/properties.ts';
import { expectRefusal } from '../../support/refusals.ts';
import { expectNothingWritten } from '../../support/rows.ts';
import { logInAdmin, publishedTemplate, step, type TestUser } from '../../support/seed.ts';
import { TestServer } from '../../support/server.ts';

let server: TestServer;
let admin: TestUser;

beforeAll(async () => {
  server = await TestServer.start();
  admin = await logInAdmin(server);
  const template = await publishedTemplate(admin, 'Renew the pump', [step('a')]);
  await admin.jobs.createJobs(template.id, { numberOfJobs: 3, notes: 'a'.repeat(20_000) });
});
afterEach(async () => {
  expect((await admin.jobs.queryJobs({ q: 'closed = 0' })).results.length).toBeGreaterThanOrEqual(3);
});
afterAll(() => server.stop());

const { BAD_REQUEST, NOT_FOUND } = ErrorCode;
const refused = (query: Partial<Query>, slug: string, message: RegExp, code = BAD_REQUEST) =>
  expectNothingWritten(server, () => expectRefusal(admin.jobs.queryJobs(query), code, slug, message));

describe('a query is refused', () => {
  test.each<[what: string, query: Partial<Query>, slug: string, message: RegExp]>([
    ['without q and search', {}, 'invalid-argument', /^q: neither q nor search is given/],
    ['with both empty', { q: '', search: '' }, 'invalid-argument', /^q: neither q nor search is given/],
    ['with a q of blanks', { q: '  ' }, 'invalid-filter', /^q, character/],
    ['with a search of blanks', { search: '   ' }, 'invalid-argument', /^search: " {3}" has no word; expected letters/],
    ['with a search without letters', { search: "'%' --" }, 'invalid-argument', /has no word/],
    ['with a search that is too long', { search: 'a '.repeat(501) }, 'limit-exceeded', /^search: 1002 characters/],
    [
      'with too many words',
      { search: Array.from({ length: 21 }, (_, n) => `w${n}`).join(' ') },
      'limit-exceeded',
      /^search: 21 words/,
    ],
    ['with a stored search', { searchId: 'mine', q: 'closed = 0' }, 'not-implemented', /^query\.searchId/],
    [
      'with an unknown field in q',
      { q: 'job_stat = 1' },
      'invalid-filter',
      /there is no field job_stat; the nearest are jobStatus/,
    ],
    [
      'with an unknown field in fields',
      { q: 'closed = 0', fields: ['jobId', 'jobNam'] },
      'invalid-filter',
      /^fields\[1\]: there is no field "jobNam"; the nearest are jobName/,
    ],
    [
      'with an unknown field to sort by',
      { q: 'closed = 0', sortFields: [{ field: 'dueDat' }] },
      'invalid-filter',
      /^sortFields\[0\]\.field: there is no field "dueDat"; the nearest are dueDate/,
    ],
    [
      'with an unknown property',
      { q: 'closed = 0', fields: ['pump.size'] },
      'invalid-filter',
      /^fields\[0\]: there is no field "pump.size"/,
    ],
    [
      'with another number of names than fields',
      { q: 'closed = 0', fields: ['jobId'], displayNames: ['a', 'b'] },
      'invalid-argument',
      /^displayNames: 2 names for 1 fields/,
    ],
    [
      'with too many fields',
      { q: 'closed = 0', fields: Array(101).fill('jobId') },
      'limit-exceeded',
      /^fields: 101 of them; at most 100/,
    ],
    [
      'with too many criteria',
      { q: 'closed = 0', sortFields: Array(11).fill({ field: 'jobId' }) },
      'limit-exceeded',
      /^sortFields: 11 of them; at most 10/,
    ],
    ['for no rows', { q: 'closed = 0', num: 0 }, 'invalid-argument', /^num: 0; expected 1 to 1000/],
    ['for too many rows', { q: 'closed = 0', num: 1001 }, 'invalid-argument', /^num: 1001; expected 1 to 1000/],
    ['from before the first row', { q: 'closed = 0', start: -1 }, 'invalid-argument', /^start: -1; expected 0 or more/],
    ['with a malformed rectangle', { q: 'closed = 0', spatialExtent: '1,2,3' }, 'invalid-geometry', /^spatialExtent/],
    [
      'of a filter of 9 KB',
      { q: `jobName = '${'a'.repeat(9000)}'` },
      'invalid-filter',
      new RegExp(`${MAX_FILTER_BYTES.toLocaleString('en')}|${MAX_FILTER_BYTES}`),
    ],
    [
      'of 600 parentheses',
      { q: `${'('.repeat(600)}closed = 0${')'.repeat(600)}` },
      'invalid-filter',
      /deeper than 100/,
    ],
    [
      'of a pattern that would take long',
      { q: `notes LIKE '${'%a'.repeat(30)}'` },
      'invalid-filter',
      /the most are 20/,
    ],
    ['with U+0000', { q: "jobName = 'a\0'" }, 'invalid-argument', /U\+0000/],
  ])('%s', async (_, query, slug, message) => {
    const code = slug === 'not-implemented' ? ErrorCode.UNSUPPORTED_VERSION : BAD_REQUEST;
    await refused(query, slug, message, code);
  });

  test('for a team that the caller is not in', async () => {
    await refused({ q: 'closed = 0', teamId: 'elsewhere' }, 'team-not-found', /elsewhere/, NOT_FOUND);
  });

  test('about a property that two templates have as different things, and names both', async () => {
    const a = await templateWith(admin, [single('twice', property('size', 'Integer'), property('same'))]);
    const b = await templateWith(admin, [related('twice', property('size'), property('other'))]);
    const message = new RegExp(
      `twice\\.size is .* in ".*" \\((${a.id}|${b.id})\\), and .* in ".*" \\((${a.id}|${b.id})\\)`,
    );
    await refused({ q: 'twice.size IS NULL' }, 'invalid-filter', message);
    await refused({ q: 'closed = 0', fields: ['twice.size'] }, 'invalid-filter', message);
    expect((await admin.jobs.queryJobs({ q: 'twice.same IS NULL' })).results.length).toBe(3);
  });
});

test('statistics by an unknown field, and of nothing, are refused', async () => {
  const statistics = (params: object) => admin.jobs.calculateJobStatistics(params);
  await expectRefusal(
    statistics({ q: 'closed = 0', groupBy: 'prioritee' }),
    BAD_REQUEST,
    'invalid-filter',
    /^groupBy: there is no field "prioritee"; the nearest are priority/,
  );
  await expectRefusal(statistics({ groupBy: 'priority' }), BAD_REQUEST, 'invalid-argument', /^q: neither/);
});

test.each([
  "'; drop table jobs; --",
  "' or '1'='1",
  '%',
  '\\',
  '$1',
  '?1',
  'a\' " b',
  '" OR *',
  'NEAR(a b)',
  'words:a',
  "';--",
])('what is searched for, %s, is data', async text => {
  const quoted = text.replaceAll("'", "''");
  const { results } = await admin.jobs.queryJobs({ q: `jobName = '${quoted}' OR notes LIKE '${quoted}'` });
  expect(results.length).toBe(text === '%' ? 3 : 0);
  const searched = admin.jobs.queryJobs({ search: `${text} x1y` });
  expect((await searched).results).toEqual([]);
});

test('a LIKE bomb within the limits is answered', async () => {
  const bomb = '%a'.repeat(19);
  expect((await admin.jobs.queryJobs({ q: `notes LIKE '${bomb}%b' OR notes ILIKE '${bomb}%b'` })).results).toEqual([]);
});
