/** Jobs as things: names of priorities and statuses, dates, defaults, and the steps a job starts with. */
import { describe, expect, test } from '@jest/globals';
import { AssignedType, GroupMode, type JobDefaults, JoinMode } from '#gen/flow_types';
import type { BaseStep } from '#gen/step_types';
import { AssigneeType } from '#gen/step_types';
import {
  assignmentOf,
  checkDates,
  checkDefaultNames,
  checkedDefaults,
  DEFAULT_PRIORITY,
  FINAL_STATUS,
  FIRST_STATUS,
  firstStep,
  firstSteps,
  knownPriority,
  knownStatus,
  priorities,
  statuses,
} from '../../src/domain/jobs.ts';
import { group, step } from '../support/trees.ts';

const refusedWith = (slug: string, message: RegExp) =>
  expect.objectContaining({ kind: 'badRequest', slug, message: expect.stringMatching(message) });

describe('names', () => {
  test.each(priorities)('%s is a priority', name => {
    expect(knownPriority(name)).toBe(name);
  });

  test.each(statuses)('%s is a status', name => {
    expect(knownStatus(name)).toBe(name);
  });

  test('what jobs get without asking is known', () => {
    expect(knownPriority(DEFAULT_PRIORITY)).toBe('Medium');
    expect([knownStatus(FIRST_STATUS), knownStatus(FINAL_STATUS)]).toEqual(['Open', 'Closed']);
  });

  test.each(['', 'low', 'LOW', ' Low', 'Urgent', 'toString'])('"%s" is no priority', name => {
    expect(() => knownPriority(name)).toThrow(refusedWith('unknown-priority', /priority: .*Low, Medium, High/));
  });

  test.each(['', 'open', 'Done', 'Medium'])('"%s" is no status', name => {
    const right = /Open, In Progress, On Hold, Closed/;
    expect(() => knownStatus(name)).toThrow(refusedWith('unknown-status', right));
    expect(() => knownStatus(name, 'finalStatus')).toThrow(refusedWith('unknown-status', /^finalStatus: /));
  });
});

describe('dates', () => {
  test.each([
    [null, null],
    [5, null],
    [null, 5],
    [5, 5],
    [5, 6],
    [0, 1],
  ])('start %p and due %p are in order', (start, due) => {
    expect(() => checkDates(start, due)).not.toThrow();
  });

  test.each([
    [6, 5],
    [1, 0],
  ])('start %p and due %p are not', (start, due) => {
    expect(() => checkDates(start, due)).toThrow(refusedWith('dates-out-of-order', /due at its start or later/));
  });
});

describe('defaults of a template', () => {
  test('that are in order are kept as they are', () => {
    const defaults: JobDefaults = {
      priority: 'Low',
      jobStatus: 'On Hold',
      finalStatus: 'Closed',
      startDate: 1,
      dueDate: 2,
      durationMs: 1,
    };
    expect(checkedDefaults(defaults)).toBe(defaults);
    expect(checkedDefaults({})).toEqual({});
  });

  test.each<[JobDefaults, string, RegExp]>([
    [{ startDate: 2, dueDate: 1 }, 'dates-out-of-order', /dueDate: 1/],
    [{ durationMs: 0 }, 'invalid-argument', /durationMs: 0; expected more than 0/],
    [{ durationMs: -5 }, 'invalid-argument', /durationMs: -5/],
    [{ jobName: '' }, 'invalid-argument', /jobName: empty; expected 1 to 500/],
    [{ jobName: ' ' }, 'invalid-argument', /jobName: empty/],
    [{ jobName: 'x'.repeat(501) }, 'limit-exceeded', /jobName: 501 .*500/],
    [{ description: 'x'.repeat(20_001) }, 'limit-exceeded', /description: 20001 .*20000/],
    [{ notes: 'x'.repeat(20_001) }, 'limit-exceeded', /notes: 20001 .*20000/],
  ])('out of order are refused (case %#)', (defaults, slug, message) => {
    expect(() => checkedDefaults(defaults)).toThrow(refusedWith(slug, message));
  });
});

describe('names in the defaults of a template', () => {
  const team = { priorities: ['Medium', 'Urgent'], statuses: ['Open', 'Done', 'Closed'] };

  test('are those of the team, or unset', () => {
    expect(() => checkDefaultNames({ priority: 'Urgent', jobStatus: 'Open', finalStatus: 'Done' }, team)).not.toThrow();
    expect(() => checkDefaultNames({}, team)).not.toThrow();
  });

  test.each<[JobDefaults, string, RegExp]>([
    [{ priority: 'High' }, 'unknown-priority', /"High"; there are Medium, Urgent/],
    [{ jobStatus: 'On Hold' }, 'unknown-status', /^jobStatus: no status "On Hold"; there are Open, Done, Closed/],
    [{ finalStatus: 'On Hold' }, 'unknown-status', /^finalStatus: no status "On Hold"/],
  ])('that are not are refused (case %#)', (defaults, slug, message) => {
    expect(() => checkDefaultNames(defaults, team)).toThrow(refusedWith(slug, message));
  });
});

describe('what a job starts with', () => {
  test('a user is assigned as a user, a role as the group of its members', () => {
    expect(assignmentOf({ id: 'ana', type: AssigneeType.User })).toEqual({ type: AssignedType.User, to: 'ana' });
    expect(assignmentOf({ id: 'AUTHOR', type: AssigneeType.Role })).toEqual({ type: AssignedType.Group, to: 'AUTHOR' });
  });

  test('a leaf without flow and assignee: nothing set', () => {
    expect(firstStep(step('Isolate', { id: 'a' }), 0)).toEqual({
      id: 'a',
      title: 'Isolate',
      ordinal: 0,
      canSkip: false,
      proceedNext: false,
      automatic: false,
      assignment: null,
    });
  });

  test('a leaf with both: all of it', () => {
    const leaf = step('Isolate', {
      id: 'a',
      flow: { canSkip: true, proceedNext: true },
      impl: { step: { stepFields: [], stepType: 0, assignee: { id: 'ana', type: AssigneeType.User } } },
    });
    expect(firstStep(leaf, 0)).toMatchObject({
      canSkip: true,
      proceedNext: true,
      assignment: { type: AssignedType.User, to: 'ana' },
    });
  });

  test('of a tree: the leaves that are entered first', () => {
    const root = group('root', [group('empty', []), step('first', { id: 'a' }), step('second', { id: 'b' })]);
    expect(firstSteps(root)?.map(({ id }) => id)).toEqual(['a']);
    expect(firstSteps(group('root', []))).toEqual([]);
  });

  test.each<[string, BaseStep]>([
    ['the first step', group('root', [group('G', [step('first', { flow: { condition: 'priority = "High"' } })])])],
    ['a group on the way', group('root', [group('G', [step('first')], { flow: { condition: 'priority = "High"' } })])],
    ['the root', group('root', [step('first')], { flow: { condition: 'priority = "High"' } })],
  ])('of a tree where %s has a condition: none that every job begins with', (_, root) => {
    expect(firstSteps(root)).toBeUndefined();
  });

  test('of a tree whose first step joins ways that nobody can come by: it begins there nevertheless', () => {
    const root = group('root', [group('G', [step('first', { id: 'a', flow: { join: JoinMode.ALL } })])]);
    expect(firstSteps(root)?.map(({ id }) => id)).toEqual(['a']);
  });

  test('of a tree in which somebody waits from the beginning on: none that would tell all of it', () => {
    const waiting = step('waits', { id: 'b', flow: { join: JoinMode.ALL } });
    const first = step('leads there', { id: 'a', flow: { paths: [{ nextStepId: 'b' }] } });
    const root = group('root', [group('P', [first, waiting], { flow: { mode: GroupMode.PARALLEL } })]);
    expect(firstSteps(root)).toBeUndefined();
  });
});
