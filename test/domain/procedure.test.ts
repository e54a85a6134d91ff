/** Whether a tree can be run: every fault at once, by step; and flow that the engine does not run yet. */
import { describe, expect, test } from '@jest/globals';
import { GroupMode, JoinMode, type StepFlow } from '#gen/flow_types';
import { AssigneeType, type BaseStep } from '#gen/step_types';
import { type Assignable, assigned, checkRunnable, refuseUnsupported } from '../../src/domain/procedure.ts';
import { group, step } from '../support/trees.ts';

const stepFor = (title: string, id: string, type: AssigneeType): BaseStep =>
  step(title, { id: `id-${title}`, impl: { step: { stepFields: [], stepType: 0, assignee: { id, type } } } });

const forUser = (title: string, id: string) => stepFor(title, id, AssigneeType.User);
const forRole = (title: string, id: string) => stepFor(title, id, AssigneeType.Role);

const builtIn = ['ADMIN', 'AUTHOR', 'JOBCREATOR', 'EXECUTOR'];

/** Members, and groups beside the built-in roles. */
const assignable = (members: string[] = [], groups: Record<string, 'open' | 'archived'> = {}): Assignable => ({
  members: new Set(members),
  groups: new Map([...builtIn.map(role => [role, 'open'] as const), ...Object.entries(groups)]),
});

const nobody = assignable();

const invalid = (message: RegExp) =>
  expect.objectContaining({
    kind: 'badRequest',
    slug: 'invalid-procedure',
    message: expect.stringMatching(message),
  });

describe('whom steps are assigned to', () => {
  test('is found at any depth, each once, users and roles apart', () => {
    const inner = group('G', [forUser('a', 'ana'), forRole('b', 'AUTHOR'), group('H', [forUser('c', 'ben')])]);
    const root = group('root', [inner, forUser('d', 'ana'), step('e')]);
    expect(assigned(root, AssigneeType.User)).toEqual(['ana', 'ben']);
    expect(assigned(root, AssigneeType.Role)).toEqual(['AUTHOR']);
    expect(assigned(group('root', []), AssigneeType.User)).toEqual([]);
  });
});

describe('a tree that can be run', () => {
  test.each<[string, BaseStep]>([
    ['has at least one step', group('root', [step('a')])],
    ['may have empty groups beside it', group('root', [group('E', []), group('G', [step('a')])])],
    [
      'names roles that there are',
      group(
        'root',
        builtIn.map(r => forRole(r, r)),
      ),
    ],
  ])('%s', (_, root) => {
    expect(() => checkRunnable(root, nobody)).not.toThrow();
  });

  test('names users that work in the team', () => {
    expect(() => checkRunnable(group('root', [forUser('a', 'ana')]), assignable(['ana']))).not.toThrow();
  });
});

describe('a tree that cannot be run', () => {
  test.each<[string, BaseStep]>([
    ['is empty', group('root', [])],
    ['has nothing but empty groups', group('root', [group('E', [group('F', [])])])],
  ])('%s', (_, root) => {
    expect(() => checkRunnable(root, nobody)).toThrow(invalid(/no steps; add at least one/));
  });

  test('is refused with every fault by step, not just the first', () => {
    const inner = group('G', [forUser('Open valve', 'zoe'), forRole('Close valve', 'PLUMBER')]);
    const root = group('root', [inner, forUser('Sign', 'ana'), forRole('Log', 'hasOwnProperty')]);
    expect(() => checkRunnable(root, assignable(['ana']))).toThrow(
      invalid(
        /"Open valve" \(id-Open valve\): .*no user zoe.*"Close valve".*no role "PLUMBER"; roles are ADMIN.*"Log".*no role "hasOwn/,
      ),
    );
    expect(() => checkRunnable(root, assignable(['ana']))).toThrow(
      expect.objectContaining({ details: { faults: '3' }, message: expect.not.stringContaining('Sign') }),
    );
  });
});

test("a tree may name the team's own roles and groups, as long as they are not archived", () => {
  const root = group('root', [forRole('Weld', 'welders'), forRole('Rig', 'riggers')]);
  expect(() => checkRunnable(root, assignable([], { welders: 'open', riggers: 'open' }))).not.toThrow();
  expect(() => checkRunnable(root, assignable([], { welders: 'open', riggers: 'archived' }))).toThrow(
    invalid(/"Rig".*the role or group riggers is archived; choose another$/),
  );
});

describe('flow that is not run yet', () => {
  test.each<[string, StepFlow]>([
    ['action (other than manual)', { action: { openUrl: { url: 'https://example.org/' } } }],
    ['automatic', { automatic: true }],
    ['join', { join: JoinMode.ALL }],
    ['condition', { condition: "priority = 'High'" }],
    ['paths', { paths: [{ nextStepId: 'b' }] }],
  ])('%s is refused at any depth, by the step that asks for it', (what, flow) => {
    const root = group('root', [group('G', [step('Deep down', { id: 'deep', flow })])]);
    expect(() => refuseUnsupported(root)).toThrow(
      expect.objectContaining({
        kind: 'unsupported',
        slug: 'not-implemented',
        details: { stepId: 'deep' },
        message: expect.stringContaining(`flow of "Deep down": this server does not run ${what} yet`),
      }),
    );
  });

  test('everything that one step asks for is named', () => {
    const asking = step('a', { flow: { automatic: true, condition: 'closed = 0' } });
    expect(() => refuseUnsupported(asking)).toThrow(/does not run automatic, condition yet/);
  });

  test.each<StepFlow>([
    {},
    { action: { manual: {} } },
    { automatic: false, condition: '', paths: [] },
    { canSkip: true, proceedNext: true },
    { mode: GroupMode.PARALLEL },
    { layout: { x: 1, y: 2 }, helpText: 'Ask ana', helpUrl: 'https://example.org/' },
  ])('%p is run, or needs no running', flow => {
    expect(() => refuseUnsupported(group('G', [step('a', { flow })], { flow }))).not.toThrow();
  });
});
