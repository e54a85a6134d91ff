/** Differences between two trees say everything: applied to the old tree they make the new one, whatever was edited in between. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ChangeType } from '#gen/diff_types';
import type { Document } from '#gen/document_types';
import type { NoticeHeader, StepGroupHeaders } from '#gen/group_headers_types';
import { AssigneeType, type BaseStep, type StepDescriptionElement, type StepGroup } from '#gen/step_types';
import { treeDiff } from '../../src/domain/history.ts';
import { documentsDiff, metadataDiff } from '../../src/domain/history-parts.ts';
import { longestIncreasing } from '../../src/domain/list-diff.ts';
import { stored } from '../../src/domain/received.ts';
import { derived, isGroup, walk } from '../../src/domain/tree.ts';
import { group, step } from '../support/trees.ts';

const VERSION = 7;

/** Without places, which follow from the tree, and without differences. */
const plain = (tree: BaseStep): BaseStep => {
  const { hierarchyPosition: _h, parentId: _p, ...rest } = stored(tree);
  return { ...rest, children: rest.children.map(plain) } as BaseStep;
};

type Marked = { latestChange?: { changeType: ChangeType } };

/** Of a list in the answer, what the new version has: marked elements as they are, others as the old version has them. */
function appliedList<T extends object>(marked: readonly T[], old: readonly T[], keyOf: (element: T) => string): T[] {
  const before = new Map(old.map(element => [keyOf(element), element]));
  return marked.flatMap(element => {
    const inner = (Object.values(element).find(value => (value as Marked)?.latestChange) ?? element) as Marked;
    const change = inner.latestChange ?? (element as Marked).latestChange;
    if (change?.changeType === ChangeType.REMOVED) return [];
    return [change ? element : before.get(keyOf(element))!];
  });
}

const elementKey = ({ txt, link, doc, notice }: StepDescriptionElement): string =>
  doc?.id ?? notice?.id ?? txt?.txt ?? link!.url;

function appliedHeaders(headers: StepGroupHeaders, old: StepGroupHeaders): StepGroup {
  const lists = {
    equipment: appliedList(headers.equipment ?? [], old.equipment ?? [], ({ id }) => id),
    notices: appliedList(headers.notices ?? [], old.notices ?? [], ({ id }) => id),
  };
  const applied = stored({
    category: headers.categoryDiff ? headers.category : old.category,
    condition: headers.conditionDiff ? headers.condition : old.condition,
    ...Object.fromEntries(Object.entries(lists).filter(([, list]) => list.length > 0)),
  }) as StepGroupHeaders;
  return Object.keys(applied).length > 0 ? { headers: applied } : {};
}

function appliedOwn(node: BaseStep, old: BaseStep): object {
  const { step: leaf, stepGroup } = node.impl;
  const assignee = leaf?.assignee as ({ id: string } & Marked) | undefined;
  const assigneeGone = assignee?.latestChange?.changeType === ChangeType.REMOVED;
  const metadata = Object.entries(node.metadataById ?? {}).flatMap(([id, entry]) => {
    const type = entry.valueDiff?.latestChange.changeType;
    if (type === ChangeType.REMOVED) return [];
    return [[id, type ? entry : old.metadataById![id]!] as const];
  });
  const headers = stepGroup?.headers;
  return {
    title: node.titleDiff ? node.title : old.title,
    flow: node.flowDiff ? node.flow : old.flow,
    blocking: node.childChange ? node.blocking : old.blocking,
    clientId: node.childChange ? node.clientId : old.clientId,
    metadataById: metadata.length > 0 ? Object.fromEntries(metadata) : undefined,
    descrip: appliedList(node.descrip, old.descrip, elementKey),
    impl: leaf
      ? {
          step: {
            stepType: leaf.stepTypeDiff ? leaf.stepType! : old.impl.step!.stepType!,
            stepFields: appliedList(leaf.stepFields, old.impl.step!.stepFields, ({ id }) => id),
            ...(assignee &&
              !assigneeGone && { assignee: assignee.latestChange ? leaf.assignee : old.impl.step!.assignee }),
          },
        }
      : { stepGroup: appliedHeaders(headers ?? {}, old.impl.stepGroup!.headers ?? {}) },
  };
}

/** What the answer makes of the old tree. */
function applied(answer: BaseStep, old: BaseStep): BaseStep {
  const places = new Map(
    [...walk(old)].map(({ step: own, parent }) => [own.id, { own, parent, index: parent?.children.indexOf(own) ?? 0 }]),
  );
  const rebuilt = (node: BaseStep): BaseStep => {
    const type = node.childChange?.changeType;
    const before = places.get(node.id)?.own;
    const children = node.children.filter(child => child.childChange?.changeType !== ChangeType.REMOVED);
    const stayed = children.filter(({ childChange }) => !childChange || childChange.changeType === ChangeType.MODIFIED);
    // Who is not said to have moved stands in the same group, in the same order as before.
    for (const { id } of stayed) expect(places.get(id)!.parent!.id).toBe(node.id);
    const indices = stayed.map(({ id }) => places.get(id)!.index);
    expect(indices).toEqual([...indices].sort((a, b) => a - b));
    const own = type === ChangeType.ADDED ? {} : appliedOwn(node, before!);
    return { ...node, ...own, children: children.map(rebuilt) };
  };
  return plain(rebuilt(answer));
}

/** Edits of a tree, each picking what it edits by numbers. */
const edit = fc.record({
  kind: fc.constantFrom(
    'title',
    'move',
    'remove',
    'addStep',
    'addGroup',
    'descrip',
    'fields',
    'assignee',
    'flow',
    'metadata',
    'blocking',
    'fieldKey',
    'assigneeId',
    'document',
    'link',
    'notice',
    'condition',
    'category',
    'equipment',
    'groupNotice',
    'type',
  ),
  at: fc.nat(30),
  to: fc.nat(30),
  place: fc.nat(5),
  text: fc.constantFrom('a', 'b', 'c'),
});
type Edit = typeof edit extends fc.Arbitrary<infer E> ? E : never;

let made = 0;
const fresh = () => `new ${++made}`;

function edited(tree: BaseStep, { kind, at, to, place, text }: Edit): BaseStep {
  const next = structuredClone(tree);
  const nodes = [...walk(next)];
  const { step: node, parent } = nodes[at % nodes.length]!;
  const groups = nodes.map(({ step: own }) => own).filter(isGroup);
  const target = groups[to % groups.length]!;
  const leaf = node.impl.step;
  const put = (child: BaseStep) => target.children.splice(place % (target.children.length + 1), 0, child);
  const putElement = (element: StepDescriptionElement) =>
    node.descrip.splice(place % (node.descrip.length + 1), 0, element);
  const putHeaders = (some: object) => {
    const group = node.impl.stepGroup;
    if (!group) return;
    const headers = stored({ ...group.headers, ...some });
    group.headers = Object.keys(headers).length > 0 ? headers : (undefined as never);
  };
  /** Things of these ids, in an order that changes, and some of them missing. */
  const rotated = (ids: string[], more: object = {}) =>
    [...ids.slice(at % ids.length), ...ids.slice(0, at % ids.length)].slice(to % 2).map(id => ({ id, ...more }));
  const toggled = <T>(value: T | undefined, other: T) => (value === undefined ? other : undefined);
  const acts: Record<Edit['kind'], () => void> = {
    title: () => parent && Object.assign(node, { title: text }),
    move: () => {
      if (!parent || [...walk(node)].some(({ step: own }) => own === target)) return;
      parent.children.splice(parent.children.indexOf(node), 1);
      put(node);
    },
    remove: () => parent?.children.splice(parent.children.indexOf(node), 1),
    addStep: () => put(step(text, { id: fresh() })),
    addGroup: () => put(group(text, [step(text, { id: fresh() })], { id: fresh() })),
    descrip: () =>
      node.descrip.splice(place % (node.descrip.length + 1), place % 2, { txt: { txt: `${text}${fresh()}` } }),
    fields: () =>
      leaf?.stepFields.splice(place % (leaf.stepFields.length + 1), to % 2, {
        id: fresh(),
        key: text,
        type: 1,
        isRequired: false,
        clientId: '',
      }),
    assignee: () =>
      leaf && Object.assign(leaf, { assignee: toggled(leaf.assignee, { id: text, type: AssigneeType.User }) }),
    flow: () => Object.assign(node, { flow: toggled(node.flow, { helpText: text }) }),
    metadata: () =>
      Object.assign(node, {
        metadataById: place % 3 ? { [text]: { metadataId: text, key: '', value: { text: `${place}` } } } : undefined,
      }),
    blocking: () => Object.assign(node, { blocking: !node.blocking }),
    fieldKey: () => leaf?.stepFields[0] && Object.assign(leaf.stepFields[0], { key: text }),
    assigneeId: () => leaf?.assignee && Object.assign(leaf.assignee, { id: text }),
    document: () => putElement({ doc: { id: fresh(), caption: text } as Document }),
    link: () => putElement({ link: { label: text, url: fresh() } }),
    notice: () => {
      const before = node.descrip.find(element => element.notice)?.notice;
      if (before) Object.assign(before, { descrip: text, icon: before.icon ? undefined : { id: text } });
      else putElement({ notice: { id: fresh(), descrip: text } as NoticeHeader });
    },
    condition: () => putHeaders({ condition: place % 2 ? text : undefined }),
    category: () => putHeaders({ category: place % 3 ? { id: text } : undefined }),
    equipment: () => putHeaders({ equipment: place % 4 ? rotated(['x', 'y', text]) : undefined }),
    groupNotice: () => putHeaders({ notices: place % 4 ? rotated(['m', 'n'], { descrip: text }) : undefined }),
    type: () => leaf && Object.assign(leaf, { stepType: leaf.stepType === 0 ? 1 : 0 }),
  };
  acts[kind]();
  return stored(next);
}

const START = group(
  '',
  [
    step('One', { id: '1' }),
    group('Two', [step('Two one', { id: '21' }), group('Two two', [step('Deep', { id: '221' })], { id: '22' })], {
      id: '2',
    }),
    step('Three', { id: '3' }),
  ],
  { id: 'root' },
);

const grown = (edits: readonly Edit[], from = stored(START)): BaseStep => edits.reduce(edited, from);

const version = (root: BaseStep) => ({ root, shown: derived(root, '') });
/** As hashes are: equal where the content is. */
const keyOf = (own: BaseStep) => JSON.stringify(own);

describe('treeDiff', () => {
  test('applied to the old tree makes the new one', () => {
    fc.assert(
      fc.property(fc.array(edit, { maxLength: 15 }), fc.array(edit, { maxLength: 15 }), (before, after) => {
        const old = grown(before);
        const next = grown(after, old);
        const answer = treeDiff(version(next), version(old), VERSION, keyOf);
        expect(applied(answer, old)).toEqual(plain(next));
      }),
      { numRuns: 1000 },
    );
  });

  test('has what only the old tree has, as REMOVED, and nothing else of it', () => {
    fc.assert(
      fc.property(fc.array(edit, { maxLength: 15 }), fc.array(edit, { maxLength: 15 }), (before, after) => {
        const old = grown(before);
        const next = grown(after, old);
        const ids = (tree: BaseStep) => [...walk(tree)].map(({ step: own }) => own);
        const answer = ids(treeDiff(version(next), version(old), VERSION, () => undefined));
        const removed = answer.filter(({ childChange }) => childChange?.changeType === ChangeType.REMOVED);
        const kept = new Set(ids(next).map(({ id }) => id));
        expect(removed.map(({ id }) => id).sort()).toEqual(
          ids(old)
            .map(({ id }) => id)
            .filter(id => !kept.has(id))
            .sort(),
        );
      }),
      { numRuns: 300 },
    );
  });

  test('of equal trees says nothing, by content as by identity', () => {
    const tree = grown([]);
    const marks = (answer: BaseStep) => JSON.stringify(answer).match(/Change|Diff/g);
    expect(marks(treeDiff(version(tree), version(stored(tree)), VERSION, () => undefined))).toBeNull();
    expect(marks(treeDiff(version(tree), version(tree), VERSION, keyOf))).toBeNull();
  });
});

describe('of an entry beside its steps', () => {
  const ids = fc.uniqueArray(fc.constantFrom<string>('a', 'b', 'c', 'd', 'e', 'f'));

  test('documents that are said to have changed, applied to the old ones, make the new ones', () => {
    fc.assert(
      fc.property(ids, ids, (next, old) => {
        const answer = documentsDiff(next, old, VERSION);
        expect(
          appliedList(
            answer,
            old.map(id => ({ id })),
            ({ id }) => id,
          ).map(({ id }) => id),
        ).toEqual(next);
        const unmarked = answer.filter(({ latestChange }) => !latestChange).map(({ id }) => old.indexOf(id));
        expect(unmarked).toEqual([...unmarked].sort((a, b) => a - b));
        const gone = answer.filter(({ latestChange }) => latestChange?.changeType === ChangeType.REMOVED);
        expect(gone.map(({ id }) => id)).toEqual(old.filter(id => !next.includes(id)));
      }),
    );
  });

  test('so do metadata', () => {
    const metadata = fc
      .dictionary(fc.constantFrom('a', 'b', 'c'), fc.constantFrom('x', 'y'))
      .map(texts =>
        Object.fromEntries(
          Object.entries(texts).map(([metadataId, text]) => [metadataId, { metadataId, value: { text } }]),
        ),
      );
    fc.assert(
      fc.property(metadata, metadata, (next, old) => {
        const answer = Object.entries(metadataDiff(next as never, old as never, VERSION));
        const applied = answer.flatMap(([id, { valueDiff, ...entry }]) => {
          const type = valueDiff?.latestChange.changeType;
          return type === ChangeType.REMOVED ? [] : [[id, type ? entry : old[id]] as const];
        });
        expect(Object.fromEntries(applied)).toEqual(next);
        for (const [id, { valueDiff }] of answer) if (valueDiff) expect(valueDiff.otherValue).toEqual(old[id]?.value);
      }),
    );
  });
});

test('longestIncreasing keeps as many as can stay', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(50), { maxLength: 10 }), numbers => {
      const kept = [...longestIncreasing(numbers)].sort((a, b) => a - b).map(index => numbers[index]!);
      expect(kept).toEqual([...kept].sort((a, b) => a - b));
      const lengths: number[] = [];
      for (const [index, number] of numbers.entries())
        lengths[index] = 1 + Math.max(0, ...lengths.filter((_, at) => at < index && numbers[at]! < number));
      expect(kept).toHaveLength(Math.max(0, ...lengths));
    }),
  );
});
