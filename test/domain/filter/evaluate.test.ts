/** What filters answer in memory: nulls, days and moments, users, several current steps, rows of properties. */
import { describe, expect, test } from '@jest/globals';
import {
  evaluateFilter,
  type FilterSubject,
  fieldList,
  jobFields,
  parseFilter,
} from '../../../src/domain/filter/filter.ts';

const DAY = 86_400_000;
const NOW = new Date('2026-06-15T12:00:00Z').getTime();
const context = { now: NOW, callerId: 'ana', users: new Map([['ana@example.org', 'ana']]) };

const fields = fieldList([
  ...jobFields,
  { name: 'pump.installed', type: 'dateOnly', per: 'job' },
  { name: 'parts.size', type: 'number', per: 'row' },
]);

const meets = (text: string, values: FilterSubject['values'] = {}, steps: FilterSubject['steps'] = []): boolean =>
  evaluateFilter(parseFilter(text, fields, 'q'), { values, steps }, context);

describe('what is compared with null', () => {
  test.each([
    ["ownedBy = 'a'", false],
    ["ownedBy <> 'a'", false],
    ["NOT ownedBy = 'a'", false],
    ["NOT (ownedBy = 'a' AND closed = 0)", false],
    ["NOT (ownedBy = 'a' AND closed = 1)", true],
    ["ownedBy = 'a' OR closed = 0", true],
    ["NOT (ownedBy = 'a' OR closed = 1)", false],
    ["ownedBy NOT IN ('a')", false],
    ["ownedBy NOT LIKE 'a'", false],
    ['revision NOT BETWEEN 1 AND 2', false],
    ['ownedBy = createdBy', false],
    ['ownedBy IS NULL', true],
    ['ownedBy IS NOT NULL', false],
    ['NOT ownedBy IS NULL', false],
    ["jobName IN ('b', notes)", false],
    ["jobName NOT IN ('b', notes)", false],
    ["jobName IN ('job', notes)", true],
  ])('%s is %s', (text, expected) => {
    expect(meets(text, { closed: false, jobName: 'job' })).toBe(expected);
  });
});

test('texts are compared as they are, in the order of their code points', () => {
  expect(meets("jobName = 'Pump'", { jobName: 'pump' })).toBe(false);
  expect(meets("jobName < 'a'", { jobName: 'Z' })).toBe(true);
  expect(meets("jobName > '\uffee'", { jobName: '😀' })).toBe(true);
  expect(meets("jobName > 'a'", { jobName: 'ab' })).toBe(true);
});

test('ILIKE ignores case in A to Z, LIKE nowhere', () => {
  expect(meets("jobName LIKE 'p%'", { jobName: 'Pump' })).toBe(false);
  expect(meets("jobName ILIKE 'p_M%'", { jobName: 'PUMP' })).toBe(true);
  expect(meets("jobName ILIKE 'ü'", { jobName: 'Ü' })).toBe(false);
});

test('a LIKE bomb on a long text is answered', () => {
  const notes = 'a'.repeat(20_000);
  expect(meets(`notes LIKE '${'%a'.repeat(19)}%b'`, { notes })).toBe(false);
  expect(meets(`notes LIKE '%${'a'.repeat(498)}b'`, { notes })).toBe(false);
});

test('moments are compared with the time of the call, days with its day in UTC', () => {
  expect(meets('dueDate < $now - 7d', { dueDate: NOW - 7 * DAY - 1 })).toBe(true);
  expect(meets('dueDate < $now - 7d', { dueDate: NOW - 7 * DAY })).toBe(false);
  expect(meets("dueDate = '2026-06-15T14:00:00+02:00'", { dueDate: NOW })).toBe(true);
  expect(meets('pump.installed = $now', { 'pump.installed': '2026-06-15' })).toBe(true);
  expect(meets('pump.installed = $now + 12h', { 'pump.installed': '2026-06-16' })).toBe(true);
});

test('a user is named by id, by e-mail address, or as the caller', () => {
  for (const name of ["'ana'", "'ana@example.org'", '$currentUser'])
    expect(meets(`ownedBy = ${name}`, { ownedBy: 'ana' })).toBe(true);
  expect(meets("ownedBy = 'ben@example.org'", { ownedBy: 'ana' })).toBe(false);
});

describe('current steps', () => {
  const steps = [
    { assignedType: 'User', assignedTo: 'ana', currentStep: 'Close the valve' },
    { assignedType: 'Group', assignedTo: 'fitters', currentStep: 'Drain' },
  ];

  test('one of them meets the whole filter', () => {
    expect(meets("assignedType = 'Group' AND assignedTo = 'fitters'", {}, steps)).toBe(true);
    expect(meets("assignedType = 'Group' AND assignedTo = 'ana'", {}, steps)).toBe(false);
    expect(meets("NOT assignedTo = 'ana'", {}, steps)).toBe(true);
  });

  test('a job without any has a row of nulls', () => {
    expect(meets('currentStep IS NULL AND closed = 1', { closed: 1 })).toBe(true);
    expect(meets("assignedTo <> 'ana'", {})).toBe(false);
  });
});

describe('a property with many rows', () => {
  const values = { 'parts.size': [1, null, 7] };

  test.each([
    ['parts.size = 7', true],
    ['parts.size > 7', false],
    ['parts.size <> 7', true],
    ['parts.size NOT IN (1, 7)', false],
    ['NOT parts.size = 7', false],
    ['NOT parts.size = 8', true],
    ['parts.size IS NULL', false],
    ['parts.size IS NOT NULL', true],
  ])('%s is %s', (text, expected) => {
    expect(meets(text, values)).toBe(expected);
  });

  test('without a row, or with nulls alone, it is null, and equal to nothing', () => {
    for (const none of [{}, { 'parts.size': [] }, { 'parts.size': [null] }]) {
      expect(meets('parts.size IS NULL', none)).toBe(true);
      expect(meets('parts.size IS NOT NULL', none)).toBe(false);
      expect(meets('parts.size <> 7', none)).toBe(false);
    }
  });
});
