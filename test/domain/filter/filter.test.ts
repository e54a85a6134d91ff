/** The filter language: what it accepts and means, and what it refuses, with the place and what would be right. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { MAX_FILTER_BYTES, MAX_FILTER_NODES } from '#gen/jobs_types';
import { BadRequest } from '../../../src/base/errors.ts';
import { MAX_PATTERN_LENGTH, MAX_PATTERN_WILDCARDS } from '../../../src/domain/filter/check.ts';
import { operandValue } from '../../../src/domain/filter/condition.ts';
import {
  equalities,
  fieldList,
  jobFields,
  namedUsers,
  parseFilter,
  pathFields,
} from '../../../src/domain/filter/filter.ts';
import { MAX_FILTER_DEPTH } from '../../../src/domain/filter/lexer.ts';
import { written } from '../../support/filters.ts';

const fields = fieldList([
  ...jobFields,
  { name: 'pump.pressure', type: 'number', per: 'job' },
  { name: 'pump.installed', type: 'dateOnly', per: 'job' },
  { name: 'pump.shift', type: 'timeOnly', per: 'job' },
  { name: 'pump.signed', type: 'timestampOffset', per: 'job' },
  { name: 'parts.size', type: 'integer', per: 'row' },
  { name: 'Parts.Size', type: 'text', per: 'job' },
]);
const parse = (text: string) => parseFilter(text, fields, 'q');
const read = (text: string): string => written(parse(text).condition);

function refusal(text: string, place = 'q'): BadRequest {
  try {
    parseFilter(text, fields, place);
  } catch (error) {
    if (error instanceof BadRequest) return error;
    throw error;
  }
  throw new Error(`accepted: ${text}`);
}

describe('a filter means', () => {
  test.each([
    ["jobName = 'a'", "jobName = 'a'"],
    ["jobName != 'a'", "jobName <> 'a'"],
    ['revision<>1', 'revision <> 1'],
    ['revision<=-1', 'revision <= -1'],
    ['percentComplete >= 1.5e1', 'percentComplete >= 15'],
    ['percentComplete < .5', 'percentComplete < 0.5'],
    ['percentComplete = +2E-1', 'percentComplete = 0.2'],
    ['revision = -0', 'revision = 0'],
    ["jobName = 'it''s'", "jobName = 'it''s'"],
    ["jobName = ''", "jobName = ''"],
    ["jobName = ' AND closed = 0 '", "jobName = ' AND closed = 0 '"],
    ['closed = TRUE or closed=false or closed = 0', '(closed = 1 OR closed = 0 OR closed = 0)'],
    ['NOT closed = 1', 'NOT (closed = 1)'],
    ['not not not closed = 1', 'NOT (closed = 1)'],
    ['not not closed = 1', 'closed = 1'],
    ['closed=0 or closed=1 and revision=1', '(closed = 0 OR (closed = 1 AND revision = 1))'],
    ['(closed=0 or closed=1) and not revision=1', '((closed = 0 OR closed = 1) AND NOT (revision = 1))'],
    ['((((closed=0))))', 'closed = 0'],
    ["jobName in('a','b')", "jobName IN ('a', 'b')"],
    ["jobName Not In ('a')", "jobName NOT IN ('a')"],
    ['revision between 1 and 2 and closed=0', '(revision BETWEEN 1 AND 2 AND closed = 0)'],
    ['revision not between 1 and 2', 'revision NOT BETWEEN 1 AND 2'],
    ["jobName like 'a%_' ", "jobName LIKE 'a_%'"],
    ["jobName not ilike '%%%'", "jobName NOT ILIKE '%'"],
    ['dueDate is null', 'dueDate IS NULL'],
    ['dueDate is not null', 'dueDate IS NOT NULL'],
    ['5 < revision', 'revision > 5'],
    ["'a' = jobName", "jobName = 'a'"],
    ['dueDate < endDate', 'dueDate < endDate'],
    ['ownedBy = createdBy', 'ownedBy = createdBy'],
    ['revision >= percentComplete', 'revision >= percentComplete'],
    ["job_status = 'Open'", "jobStatus = 'Open'"],
    ["jobPriority = 'High' or job_priority = 'Low'", "(priority = 'High' OR priority = 'Low')"],
    ["JOBNAME = 'a' and CURRENT_STEP_ID = 'b'", "(jobName = 'a' AND currentStepId = 'b')"],
    ['pump.pressure > 3', 'pump.pressure > 3'],
    ['PUMP.Pressure > 3', 'pump.pressure > 3'],
    ["parts.size = 1 and Parts.Size = 'L'", "(parts.size = 1 AND Parts.Size = 'L')"],
    ['ownedBy = $currentUser', 'ownedBy = $currentUser'],
    ['jobName = $CURRENTUSER', 'jobName = $currentUser'],
    ['dueDate < $now', 'dueDate < $now'],
    ['dueDate < $now - 7d', 'dueDate < $now - 604800s'],
    ['dueDate<$now-7d', 'dueDate < $now - 604800s'],
    ['dueDate < $NOW + 2W', 'dueDate < $now + 1209600s'],
    ['dueDate between $now - 3h and $now + 1m', 'dueDate BETWEEN $now - 10800s AND $now + 60s'],
    ["pump.installed = '2031-12-24'", "pump.installed = '2031-12-24'"],
    ["pump.shift > '09:30' and pump.shift < '23:59:59'", "(pump.shift > '09:30:00' AND pump.shift < '23:59:59')"],
    ['\tclosed\n=\r\n0 ', 'closed = 0'],
  ])('%s as %s', (text, meaning) => {
    expect(read(text)).toBe(meaning);
  });

  const at = (iso: string): number => new Date(iso).getTime();
  test.each([
    ["'2031-12-24'", at('2031-12-24T00:00:00Z')],
    ["'2031-12-24T18:00'", at('2031-12-24T18:00:00Z')],
    ["'2031-12-24 18:00:05'", at('2031-12-24T18:00:05Z')],
    ["'2031-12-24t18:00:05z'", at('2031-12-24T18:00:05Z')],
    ["'2031-12-24T18:00:05.1239'", at('2031-12-24T18:00:05.123Z')],
    ["'2031-12-24T18:00:00+01:00'", at('2031-12-24T17:00:00Z')],
    ["'2031-12-24T18:00:00-0330'", at('2031-12-24T21:30:00Z')],
    ["'2028-02-29'", at('2028-02-29T00:00:00Z')],
    ["'0099-01-01'", at('0099-01-01T00:00:00Z')],
    ['1767225600000', 1_767_225_600_000],
    ['-1', -1],
  ])('the moment %s', (literal, ms) => {
    for (const name of ['dueDate', 'pump.signed']) expect(read(`${name} = ${literal}`)).toBe(`${name} = ${ms}`);
  });

  test('the same in double quotes, blanks around or not', () => {
    expect(read(' "closed=0" ')).toBe('closed = 0');
    expect(parse(' " closed=0 " ').text).toBe('closed=0');
    expect(parse('"jobName = \'"\'"').text).toBe("jobName = '\"'");
  });

  test('what the example queries say', () => {
    const groups = `"assignedType='Group' AND closed=0 AND assignedTo IN ('groupId123', 'groupId456')"`;
    expect(read(groups)).toBe("(assignedType = 'Group' AND closed = 0 AND assignedTo IN ('groupId123', 'groupId456'))");
    const user = `"assignedType='User' AND closed=0 AND assignedTo='cjones'"`;
    expect(read(user)).toBe("(assignedType = 'User' AND closed = 0 AND assignedTo = 'cjones')");
    expect(parse(user).perStep).toBe(true);
    expect(parse('closed=0').perStep).toBe(false);
  });

  test('more on a path: what the step left came to', () => {
    const onPath = fieldList([...jobFields, ...pathFields]);
    expect(written(parseFilter("response = 'yes' OR result IS NULL", onPath, 'condition').condition)).toBe(
      "(response = 'yes' OR result IS NULL)",
    );
    expect(refusal("response = 'yes'").message).toMatch(/no field response/);
  });
});

describe('a filter is refused', () => {
  test.each<[string, number, RegExp]>([
    ['', 1, /the filter ends here; expected a field, a value, NOT or \($/],
    ['""', 3, /the filter ends here/],
    ['closed', 7, /the filter ends here; expected a comparison, IN, BETWEEN, LIKE, ILIKE, IS or NOT$/],
    ['closed =', 9, /the filter ends here; expected a field or a value$/],
    ['closed == 0', 9, /found =; expected a field or a value$/],
    ['closed = 0 closed = 1', 12, /found closed; expected AND, OR or the end of the filter$/],
    ['(closed = 0', 12, /the filter ends here; expected AND, OR or \)$/],
    ['closed = 0)', 11, /found \); expected AND, OR or the end/],
    ['closed = 0 AND', 15, /the filter ends here; expected a field, a value, NOT or \($/],
    ['revision IN ()', 14, /found \); expected a field or a value$/],
    ['revision IN 1', 13, /found 1; expected \($/],
    ['revision IN (1; 2)', 15, /found ;; expected , or \)$/],
    ['revision BETWEEN 1 OR 2', 20, /found OR; expected AND$/],
    ['revision NOT = 1', 14, /found =; expected IN, BETWEEN, LIKE or ILIKE$/],
    ['revision IS 5', 13, /found 5; expected NULL or NOT NULL$/],
    ['revision = NULL', 12, /found NULL; expected a field or a value$/],
    ['jobName LIKE 5', 14, /found 5; expected a pattern in single quotes$/],
    ["jobName = 'abc", 11, /'abc is not closed by a quote/],
    ["jobName = 'a' -- b", 15, /found -; expected AND, OR or the end/],
    ['dueDate < $now - 7y', 16, /found -; expected - or \+ with a time in s, m, h, d or w, AND/],
    ['dueDate < $tomorrow', 11, /found \$tomorrow; expected a field or a value$/],
    ["jobName = '😀😀' AND 😀", 20, /found 😀; expected a field, a value, NOT or \($/],
    ['"closed = 0', 1, /found "; expected/],
    ['bäume = 1', 2, /found ä; expected/],
  ])('by its grammar: %s', (text, position, message) => {
    const refused = refusal(text);
    expect(refused).toMatchObject({ kind: 'badRequest', slug: 'invalid-filter' });
    expect(refused.message).toMatch(message);
    expect(refused.message).toMatch(new RegExp(`^q, character ${position}: `));
    expect(refused.details).toMatchObject({ field: 'q', position: String(position) });
  });

  test.each<[string, number, RegExp]>([
    ["assignedtoo = 'x'", 1, /no field assignedtoo; the nearest are assignedTo, assignedType, /],
    ["closed = 0 AND jobstat = 'x'", 16, /no field jobstat; the nearest are jobStatus, /],
    ['pump.presure > 1', 1, /no field pump.presure; the nearest are pump.pressure, /],
    ["__proto__ = 'x'", 1, /no field __proto__;/],
    ["constructor = 'x'", 1, /no field constructor;/],
    ['jobName = 5', 11, /jobName is a text, and 5 is a number; expected a text in single quotes/],
    ["percentComplete > 'x'", 19, /percentComplete is a number, and 'x' is a text; expected a number such as/],
    ['5 = jobName', 1, /jobName is a text, and 5 is a number/],
    ['revision = 1.5', 12, /revision is a whole number, and 1.5 is a number; expected a whole number/],
    ['revision = 9007199254740992', 12, /expected a whole number such as 12, up to 9007199254740991/],
    ['percentComplete = 1e999', 19, /and 1e999 is a number; expected a number such as 12.5/],
    ['closed = 2', 10, /closed is a truth value, and 2 is a number; expected TRUE, FALSE, 1 or 0/],
    ["closed = 'true'", 10, /closed is a truth value, and 'true' is a text/],
    ['closed < 1', 8, /closed is a truth value, which has no order for <; use = or <>/],
    ['closed BETWEEN 0 AND 1', 8, /no order for BETWEEN/],
    ['revision = $currentUser', 12, /revision is a whole number, and \$currentUser is a user/],
    ['jobName = $now', 11, /jobName is a text, and \$now is a moment/],
    [
      'dueDate > $now - 200w and dueDate > $now - 40000d',
      37,
      /dueDate is a moment, and \$now is more than 100 years away/,
    ],
    ["dueDate = '2026-02-30'", 11, /dueDate is a moment, and '2026-02-30' is a text; expected a date such as/],
    ["dueDate = '2026-01-05T24:00'", 11, /expected a date/],
    ["dueDate = '2026-01-05T10:00+25:00'", 11, /expected a date/],
    ["dueDate = '05.01.2026'", 11, /expected a date/],
    ['dueDate = 8640000000000001', 11, /expected a date/],
    ["pump.installed = '2026-1-5'", 18, /pump.installed is a day, .*; expected a day such as '2031-12-24'/],
    ["pump.installed = '2027-02-29'", 18, /expected a day/],
    ["pump.shift = '24:00:00'", 14, /pump.shift is a time of day, .*; expected a time of day such as '23:59:59'/],
    ["assignedType = 'user'", 16, /assignedType is never 'user'; it is one of 'Unassigned', 'Group', 'User'/],
    ["revision LIKE '1%'", 10, /revision is a whole number; LIKE and ILIKE compare texts/],
    ['jobName = revision', 11, /jobName is a text and revision is a whole number; they cannot be compared/],
    ['parts.size > revision', 14, /parts.size has a value in each row of its table/],
    ['revision > parts.size', 12, /parts.size has a value in each row of its table/],
    ['1 = 1', 1, /1 is compared with a value; one side of a comparison is a field/],
    ["'a' IN ('a')", 1, /'a' is a value; expected a field/],
    ['5 IS NULL', 1, /5 is a value; expected a field/],
  ])('by its types: %s', (text, position, message) => {
    const refused = refusal(text);
    expect(refused.message).toMatch(message);
    expect(refused).toMatchObject({ slug: 'invalid-filter', details: { position: String(position) } });
  });

  test('under the name of the input that it came in', () => {
    const refused = refusal('closed =', 'paths[2].condition');
    expect(refused.message).toMatch(/^paths\[2\]\.condition, character 9: /);
    expect(refused.details).toMatchObject({ field: 'paths[2].condition', expected: 'a field or a value' });
  });

  test('with the names nearest to an unknown one as data', () => {
    expect(refusal("own_by = 'x'").details.nearest).toMatch(/^ownedBy, /);
  });
});

describe('the limits of a filter', () => {
  const padded = (bytes: number): string => {
    const filter = "jobName = 'ü'";
    return filter + ' '.repeat(bytes - Buffer.byteLength(filter));
  };

  test('8 KB of UTF-8', () => {
    expect(read(padded(MAX_FILTER_BYTES))).toBe("jobName = 'ü'");
    expect(refusal(padded(MAX_FILTER_BYTES + 1)).message).toBe(
      'q, character 1: the filter has 8193 bytes; the longest may have 8192',
    );
    expect(refusal('('.repeat(9 * 1024)).message).toMatch(/9216 bytes/);
  });

  test('500 names, values, operators and keywords', () => {
    const list = (count: number): string =>
      `revision IN (${Array.from({ length: count }, (_, index) => index).join(',')})`;
    expect(parse(list(MAX_FILTER_NODES - 2)).condition.op).toBe('in');
    const refused = refusal(list(MAX_FILTER_NODES - 1));
    expect(refused.message).toMatch(/the filter has 501 names, values, operators and keywords; the most are 500$/);
    expect(refused.slug).toBe('invalid-filter');
    expect(refusal(`${'NOT '.repeat(1000)}closed=0`).message).toMatch(/the most are 500$/);
  });

  test('100 parentheses within each other', () => {
    const nested = (depth: number): string => `${'('.repeat(depth)}closed=0${')'.repeat(depth)}`;
    expect(read(nested(MAX_FILTER_DEPTH))).toBe('closed = 0');
    expect(refusal(nested(MAX_FILTER_DEPTH + 1)).message).toBe(
      'q, character 101: parentheses are nested deeper than 100 levels',
    );
    expect(refusal(nested(600)).slug).toBe('invalid-filter');
    expect(refusal(`${'NOT ('.repeat(400)}closed=0`).message).toMatch(/deeper than 100/);
    expect(refusal('('.repeat(8000)).message).toMatch(/deeper than 100/);
  });

  test('20 % and 500 characters of a pattern, runs of wildcards written shortest', () => {
    const bomb = '%a'.repeat(MAX_PATTERN_WILDCARDS);
    expect(parse(`jobName LIKE '${bomb}'`).condition).toMatchObject({ pattern: bomb });
    expect(refusal(`jobName LIKE '${bomb}%b'`).message).toMatch(/character 14: the pattern has 21 %; the most are 20$/);
    expect(parse(`jobName LIKE '${'%'.repeat(5000)}a'`).condition).toMatchObject({ pattern: '%a' });
    const long = 'ü'.repeat(MAX_PATTERN_LENGTH);
    expect(parse(`jobName ILIKE '${long}'`).condition).toMatchObject({ pattern: long });
    expect(refusal(`jobName ILIKE '${long}a'`).message).toMatch(/the pattern is longer than 500 characters$/);
  });

  test('no U+0000 and no half of a character', () => {
    expect(refusal("jobName = 'a\0b'").message).toBe('q, character 13: U+0000 cannot stand in a filter');
    expect(refusal("jobName = 'a\ud800'").message).toBe('q, character 13: U+D800 cannot stand in a filter');
    expect(read("jobName = '😀'")).toBe("jobName = '😀'");
  });

  test('a refused filter leaves nothing behind for the next one', () => {
    refusal('(closed = 0');
    expect(read('closed = 0')).toBe('closed = 0');
  });
});

test('every example of docs/filters.md is a filter', () => {
  const page = readFileSync('docs/filters.md', 'utf8');
  const examples = [...page.matchAll(/^ {4}(\S.*)$/gm)].map(([, example]) => example!);
  expect(examples.length).toBeGreaterThan(5);
  for (const example of examples) expect(parse(example).text).not.toBe('');
});

describe('of a filter is known', () => {
  const context = { now: 5000, callerId: 'me', users: new Map([['ana@example.org', 'ana']]) };

  test('it is read once for each list of fields', () => {
    expect(parse('closed = 0')).toBe(parse('closed = 0'));
    const others = fieldList([{ name: 'closed', type: 'integer', per: 'job' }]);
    expect(parseFilter('closed = 0', others, 'q')).not.toBe(parse('closed = 0'));
    expect(parseFilter('closed < 7', others, 'q').text).toBe('closed < 7');
    expect(refusal('closed < 7').slug).toBe('invalid-filter');
  });

  test('which addresses name users: those that fields of users are compared with, each once', () => {
    const text =
      "ownedBy = 'a@x' OR assignedTo IN ('a@x', 'b@x', 'groupId') OR createdBy <> 'c@x' OR jobName = 'd@x' OR ownedBy LIKE '%e@x'";
    expect(namedUsers(parse(text))).toEqual(['a@x', 'b@x', 'c@x']);
  });

  test('what it must be equal to, whatever else it asks', () => {
    const text =
      "assignedTo = $currentUser AND (closed = 0 AND ownedBy IN ('ana@example.org', 'ben')) AND revision > 1";
    expect(
      equalities(parse(text)).map(({ field, operands }) => [
        field.name,
        operands.map(each => operandValue(each, context)),
      ]),
    ).toEqual([
      ['assignedTo', ['me']],
      ['closed', [0]],
      ['ownedBy', ['ana', 'ben']],
    ]);
    for (const none of ['closed = 0 OR revision = 1', 'NOT closed = 0', 'ownedBy = createdBy', 'revision NOT IN (1)'])
      expect(equalities(parse(none))).toEqual([]);
  });
});
