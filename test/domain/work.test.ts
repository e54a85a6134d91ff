/** What a person may do to a step: every state against every assignment, and the counting of percents. */
import { describe, expect, test } from '@jest/globals';
import { AssignedType } from '#gen/flow_types';
import { JobActionStepStatus, StepState } from '#gen/jobs_types';
import { percentComplete, refuseFinish, refuseStart, type WorkStep } from '../../src/domain/work.ts';

const ana = { userId: 'ana', groups: ['EXECUTOR', 'AUTHOR'] };

const stepIn = (state: StepState, more: Partial<WorkStep> = {}): WorkStep => ({
  state,
  kind: 'manual',
  isHeld: false,
  needsInfo: true,
  canSkip: false,
  assignedType: AssignedType.Unassigned,
  assignedTo: null,
  ...more,
});

const name = (status: JobActionStepStatus) => JobActionStepStatus[status];

const own = { assignedType: AssignedType.User, assignedTo: 'ana' };
const foreign = { assignedType: AssignedType.User, assignedTo: 'ben' };

describe('starting', () => {
  test.each<[keyof typeof StepState, string]>([
    ['READY', 'Success'],
    ['RUNNING', 'AlreadyExecuting'],
    ['PAUSED', 'Success'],
    ['CANCELLED', 'Success'],
    ['ERROR', 'Success'],
  ])('from %s: %s', (state, status) => {
    expect(name(refuseStart(stepIn(StepState[state], own), ana))).toBe(status);
  });

  test('a running step is AlreadyExecuting for somebody else too', () => {
    expect(name(refuseStart(stepIn(StepState.RUNNING, foreign), ana))).toBe('AlreadyExecuting');
  });
});

describe('finishing', () => {
  test.each<[keyof typeof StepState, string, string]>([
    ['READY', 'NoStartedStep', 'Success'],
    ['RUNNING', 'Success', 'Success'],
    ['PAUSED', 'Success', 'Success'],
    ['CANCELLED', 'NoStartedStep', 'Success'],
    ['ERROR', 'NoStartedStep', 'Success'],
  ])('from %s: %s, and %s when the step may be skipped', (state, status, skipping) => {
    expect(name(refuseFinish(stepIn(StepState[state], own), ana))).toBe(status);
    expect(name(refuseFinish(stepIn(StepState[state], { ...own, canSkip: true }), ana))).toBe(skipping);
  });
});

describe('whose step it is', () => {
  test.each<[string, Partial<WorkStep>, boolean]>([
    ["nobody's", { assignedType: AssignedType.Unassigned, assignedTo: null }, true],
    ['her own', own, true],
    ["somebody else's", foreign, false],
    ['of her group', { assignedType: AssignedType.Group, assignedTo: 'EXECUTOR' }, true],
    ['of her other group', { assignedType: AssignedType.Group, assignedTo: 'AUTHOR' }, true],
    ['of a group without her', { assignedType: AssignedType.Group, assignedTo: 'ADMIN' }, false],
    ['of a group called like her', { assignedType: AssignedType.Group, assignedTo: 'ana' }, false],
    ['of a user called like her group', { assignedType: AssignedType.User, assignedTo: 'EXECUTOR' }, false],
    ['of a group that is not named', { assignedType: AssignedType.Group, assignedTo: null }, false],
  ])('%s', (_, assignment, may) => {
    const expected = may ? 'Success' : 'AssignedToDifferentUser';
    expect(name(refuseStart(stepIn(StepState.READY, assignment), ana))).toBe(expected);
    expect(name(refuseFinish(stepIn(StepState.RUNNING, assignment), ana))).toBe(expected);
  });

  test('that a step may be skipped does not open it to others', () => {
    const skippable = stepIn(StepState.READY, { ...foreign, canSkip: true });
    expect(name(refuseFinish(skippable, ana))).toBe('AssignedToDifferentUser');
  });
});

describe('a held step', () => {
  test('is Held at starting and finishing, in whatever state, for those who may work on it', () => {
    for (const state of [StepState.READY, StepState.PAUSED, StepState.CANCELLED, StepState.ERROR]) {
      const held = stepIn(state, { ...own, canSkip: true, isHeld: true });
      expect(name(refuseStart(held, ana))).toBe('Held');
      expect(name(refuseFinish(held, ana))).toBe('Held');
    }
  });

  test('of somebody else is AssignedToDifferentUser', () => {
    const held = stepIn(StepState.READY, { ...foreign, isHeld: true });
    expect(name(refuseStart(held, ana))).toBe('AssignedToDifferentUser');
    expect(name(refuseFinish(held, ana))).toBe('AssignedToDifferentUser');
  });
});

describe('percentComplete', () => {
  test.each([
    [0, 3, 0],
    [1, 3, 33],
    [2, 3, 66],
    [3, 3, 100],
    [1, 1_000, 0],
    [999, 1_000, 99],
    [9_999, 10_000, 99],
    [0, 0, 100],
  ])('%i of %i steps are %i percent', (finished, all, percent) => {
    expect(percentComplete(finished, all)).toBe(percent);
  });
});
