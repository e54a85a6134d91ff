/** The page of errors: docs/errors.md has every slug that src/ can answer, with the code it travels under, and no other. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import * as errors from '../../src/base/errors.ts';
import { internalError, systemException } from '../../src/services/wire-errors.ts';
import { isIdentifier, type Node, nodesOf, type Source, sources } from './sources.ts';

const root = join(import.meta.dirname, '../..');

interface Use {
  readonly slug: string;
  readonly kind: string;
  readonly file: string;
}

type ErrorClass = new (slug: string, message: string) => errors.DomainError;

/** The classes whose first argument is the slug. */
const classes = new Map(
  Object.entries(errors).filter(
    ([name, value]) => typeof value === 'function' && name !== 'DomainError' && name !== 'LockedByOther',
  ) as [string, ErrorClass][],
);

const codeOf = (kind: string): number => {
  const Class = classes.get(kind)!;
  return systemException(new Class('x', 'y'), 'z').errorCode;
};

/**
 * The slugs in a file: of `new SomeError('slug', …)`; of a function that passes its parameter `slug` on to such a constructor, those
 * that it is called with.
 */
function usesIn(source: Source): Use[] {
  const helpers = new Map<string, string>();
  for (const node of nodesOf(source.tree)) {
    const kind = node.type === 'VariableDeclarator' ? kindPassedOn(node.init as Node | null) : kindPassedOn(node);
    const name = ((node.type === 'VariableDeclarator' ? node.id : node.identifier) as Node | undefined)?.value;
    if (kind && name) helpers.set(name as string, kind);
  }
  return [...nodesOf(source.tree)].flatMap(node => {
    if (node.type !== 'NewExpression' && node.type !== 'CallExpression') return [];
    const callee = (node.callee as Node).value as string;
    const kind = node.type === 'NewExpression' ? (classes.has(callee) ? callee : undefined) : helpers.get(callee);
    const first = (node.arguments as { expression: Node }[] | null)?.[0]?.expression;
    if (!kind || isIdentifier(first, 'slug')) return [];
    if (first?.type !== 'StringLiteral')
      throw new Error(`${source.path}: ${callee}(…) with a slug that is no plain text`);
    return [{ slug: first.value as string, kind, file: source.path }];
  });
}

/** The error that a function makes with its own parameter `slug`, if it is such a function. */
function kindPassedOn(fn: Node | null): string | undefined {
  if (fn?.type !== 'ArrowFunctionExpression' && fn?.type !== 'FunctionDeclaration') return undefined;
  const made = [...nodesOf(fn.body)].find(
    node =>
      node.type === 'NewExpression' &&
      classes.has((node.callee as Node).value as string) &&
      isIdentifier((node.arguments as { expression: Node }[])[0]?.expression, 'slug'),
  );
  return made && ((made.callee as Node).value as string);
}

const uses = sources.filter(source => source.path !== 'src/base/errors.ts').flatMap(usesIn);

/** slug -> code, as the server answers. */
const answered = new Map<string, number>(uses.map(({ slug, kind }) => [slug, codeOf(kind)]));
const holding = { tokenId: '', holder: { id: '', email: '', name: '', createdAt: 0 }, lockedAt: 0, lastActivityAt: 0 };
for (const exception of [systemException(new errors.LockedByOther('y', holding), 'z'), internalError('z')])
  answered.set(exception.slug, exception.errorCode);

const page = readFileSync(join(root, 'docs/errors.md'), 'utf8');
const rows = [...page.matchAll(/^\| `([^`]+)` *\| (\d+) *\| (.+?) *\| (.+?) *\|$/gm)].map(
  ([, slug, code, when, what]) => ({
    slug: slug!,
    code: Number(code),
    when: when!,
    what: what!,
  }),
);

describe('the slugs of src/', () => {
  test('are found, those of helper functions too', () => {
    expect(uses.length).toBeGreaterThan(40);
    expect(uses).toContainEqual({ slug: 'job-running', kind: 'WrongState', file: 'src/engine/job-lists.ts' });
    expect(classes.size).toBeGreaterThanOrEqual(12);
  });

  test('are kebab-case', () => {
    expect([...answered.keys()].filter(slug => !/^[a-z]+(-[a-z]+)*$/.test(slug))).toEqual([]);
  });

  test('stand for one code each', () => {
    const codes = Map.groupBy(uses, use => use.slug);
    const ambiguous = [...codes].filter(([, same]) => new Set(same.map(use => codeOf(use.kind))).size > 1);
    expect(ambiguous).toEqual([]);
  });

  test('no slug is made in any other way', () => {
    const texts = sources
      .filter(source => !['src/base/errors.ts', 'src/services/wire-errors.ts'].includes(source.path))
      .flatMap(source =>
        [...nodesOf(source.tree)]
          .filter(node => node.type === 'KeyValueProperty' && isIdentifier(node.key, 'slug'))
          .map(() => source.path),
      );
    expect(texts).toEqual([]);
  });
});

describe('docs/errors.md', () => {
  test('has every slug with its code, and no other', () => {
    const documented = Object.fromEntries(rows.map(({ slug, code }) => [slug, code]));
    expect(documented).toEqual(Object.fromEntries(answered));
  });

  test('has every slug once, in alphabetical order', () => {
    expect(rows.map(row => row.slug)).toEqual([...answered.keys()].sort());
  });

  test('says of every slug when it comes and what to do', () => {
    expect(rows.filter(row => row.when.trim().length < 20 || row.what.trim().length < 10)).toEqual([]);
  });
});

describe('the IDL', () => {
  const mentions = readdirSync(join(root, 'idl'))
    .filter(name => name.endsWith('.thrift'))
    .flatMap(name => [...readFileSync(join(root, 'idl', name), 'utf8').matchAll(/\b([a-z]+(?:-[a-z]+)*) \((\d{3})\)/g)])
    .map(([, slug, code]) => ({ slug: slug!, code: Number(code) }));

  test('has one code for every slug, the one that the server answers', () => {
    const wrong = mentions.filter(({ slug, code }) => (answered.get(slug) ?? code) !== code);
    expect(wrong).toEqual([]);
    const codes = Map.groupBy(mentions, mention => mention.slug);
    expect([...codes].filter(([, same]) => new Set(same.map(({ code }) => code)).size > 1)).toEqual([]);
  });

  test('mentions every slug that the server answers', () => {
    const mentioned = new Set(mentions.map(({ slug }) => slug));
    expect([...answered.keys()].filter(slug => !mentioned.has(slug))).toEqual([]);
  });
});
