/** Whether a tree can be run: every fault at once, by step; and flow that the engine does not run yet. */
import { describe, expect, test } from '@jest/globals';
import { GroupMode, JoinMode, PathAssignment, type StepFlow } from '#gen/flow_types';
import { AssigneeType, type BaseStep } from '#gen/step_types';
import type { ActionGround } from '../../src/domain/action-faults.ts';
import { fieldList, jobFields, pathFields } from '../../src/domain/filter/filter.ts';
import { assigned, checkRunnable, refuseUnsupported } from '../../src/domain/procedure.ts';
import { group, step } from '../support/trees.ts';

const stepFor = (title: string, id: string, type: AssigneeType): BaseStep =>
  step(title, { id: `id-${title}`, impl: { step: { stepFields: [], stepType: 0, assignee: { id, type } } } });

const forUser = (title: string, id: string) => stepFor(title, id, AssigneeType.User);
const forRole = (title: string, id: string) => stepFor(title, id, AssigneeType.Role);

const builtIn = ['ADMIN', 'AUTHOR', 'JOBCREATOR', 'EXECUTOR'];

/** Members, and groups beside the built-in roles. */
const assignable = (members: string[] = [], groups: Record<string, 'open' | 'archived'> = {}): ActionGround => ({
  members: new Set(members),
  memberNames: new Set(members.flatMap(id => [id, `${id}@example.org`])),
  groups: new Map([...builtIn.map(role => [role, 'open'] as const), ...Object.entries(groups)]),
  statuses: ['Open', 'Closed'],
  priorities: ['Low', 'High'],
  templates: new Map(),
  fields: { ofSteps: fieldList(jobFields), ofPaths: fieldList([...jobFields, ...pathFields]) },
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

describe('ways that cannot be gone', () => {
  const leaf = (id: string, flow: StepFlow = {}): BaseStep => step(id, { id, flow });
  const faultsOf = (...children: BaseStep[]): string => {
    try {
      checkRunnable(group('root', children, { id: 'root' }), assignable(['ana'], { riggers: 'archived' }));
      return '';
    } catch (error) {
      return (error as Error).message.replace('the procedure cannot be run: ', '');
    }
  };

  test.each<[string, StepFlow, RegExp]>([
    [
      'a path to nowhere',
      { paths: [{ nextStepId: 'x' }] },
      /^"a" \(a\): flow\.paths\[0\]\.nextStepId: the template has no step or group x/,
    ],
    [
      'a path to the root',
      { paths: [{ nextStepId: 'root' }] },
      /flow\.paths\[0\]\.nextStepId: the root of the template/,
    ],
    ['a condition that is none', { condition: 'priority =' }, /^"a" \(a\): flow\.condition, /],
    ['a condition about what jobs do not have', { condition: "prioriti = 'High'" }, /flow\.condition, .*priority/],
    ['a step that asks for a response', { condition: "response = 'yes'" }, /flow\.condition, .*response/],
    [
      "a path's condition that is none",
      { paths: [{ nextStepId: 'b', condition: '1 1' }] },
      /flow\.paths\[0\]\.condition, /,
    ],
    [
      'an unknown status',
      { paths: [{ nextStepId: 'b', jobStatus: 'Paused' }] },
      /jobStatus: no status "Paused"; there are Open, Closed/,
    ],
    [
      'an unknown user',
      { paths: [{ nextStepId: 'b', assignment: PathAssignment.User, assignedTo: 'zoe' }] },
      /assignedTo: no user "zoe" works in this team/,
    ],
    ['no user', { paths: [{ nextStepId: 'b', assignment: PathAssignment.User }] }, /assignedTo: no user ""/],
    [
      'an unknown group',
      { paths: [{ nextStepId: 'b', assignment: PathAssignment.Group, assignedTo: 'PLUMBER' }] },
      /assignedTo: no role or group "PLUMBER"/,
    ],
    [
      'an archived group',
      { paths: [{ nextStepId: 'b', assignment: PathAssignment.Group, assignedTo: 'riggers' }] },
      /the role or group riggers is archived/,
    ],
  ])('%s', (_, flow, message) => {
    expect(faultsOf(leaf('a', flow), leaf('b'))).toMatch(message);
  });

  test.each<[string, StepFlow]>([
    [
      'a user by e-mail address',
      { paths: [{ nextStepId: 'b', assignment: PathAssignment.User, assignedTo: 'Ana@example.org' }] },
    ],
    ['a response, in a path', { paths: [{ nextStepId: 'b', condition: "response = 'yes'" }] }],
    ['a loop with a person in it', { automatic: true, paths: [{ nextStepId: 'a' }, { nextStepId: 'b' }] }],
  ])('but %s is fine', (_, flow) => {
    expect(faultsOf(leaf('a', flow), leaf('b'))).toBe('');
  });

  test('every fault is named, with its step', () => {
    const message = faultsOf(
      leaf('a', { condition: '!' }),
      leaf('b', { paths: [{ nextStepId: 'x' }, { nextStepId: 'y' }] }),
    );
    expect(message.match(/"a" \(a\)|"b" \(b\)/g)).toEqual(['"a" (a)', '"b" (b)', '"b" (b)']);
  });

  test('what is wrong with a step hides nothing of where the ways lead', () => {
    const toC = { paths: [{ nextStepId: 'c', jobStatus: 'Paused' }] };
    const message = faultsOf(leaf('a', toC), leaf('b'), leaf('c'));
    expect(message.match(/"a" \(a\): flow\.paths\[0\]\.jobStatus|"b" \(b\): no way leads here/g)).toHaveLength(2);
  });

  test('where a path leads to nothing, no step is said to be unreached: that may be what it was meant for', () => {
    const message = faultsOf(leaf('a', { paths: [{ nextStepId: 'x' }] }), leaf('b'), leaf('c'));
    expect(message).toMatch(/no step or group x/);
    expect(message).not.toMatch(/no way leads here/);
  });

  test('a step that no way leads to', () => {
    expect(faultsOf(leaf('a', { paths: [{ nextStepId: 'c' }] }), leaf('b'), leaf('c'))).toMatch(
      /^"b" \(b\): no way leads here/,
    );
  });

  test('steps that need nobody and lead back to themselves', () => {
    const bySelf = { automatic: true, proceedNext: true };
    const message = faultsOf(leaf('a', bySelf), leaf('b', { ...bySelf, paths: [{ nextStepId: 'a' }] }));
    expect(message).toMatch(/"a", "b" lead back to the first of them and need nobody/);
  });

  test('what only a leaf has, on a group', () => {
    const flow = { automatic: true, paths: [{ nextStepId: 'a' }], join: JoinMode.ALL };
    const message = faultsOf(group('G', [leaf('a')], { id: 'G', flow }));
    expect(message).toMatch(/"G" \(G\): flow\.automatic: a group has none.*"G" \(G\): flow\.paths: a group has none/);
    expect(message).not.toMatch(/join/);
  });
});

test.each<StepFlow>([
  {},
  { action: { openUrl: { url: 'https://example.org/' } } },
  { automatic: true, condition: 'closed = 0', join: JoinMode.ALL, paths: [{ nextStepId: 'b' }] },
  { mode: GroupMode.PARALLEL },
])('%p is run', flow => {
  expect(() => refuseUnsupported(group('G', [step('a', { flow })], { flow }))).not.toThrow();
});
