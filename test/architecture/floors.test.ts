/**
 * The floors of the design, and what may happen on which of them only. An import of a type counts like any other: a floor that
 * knows the one above it by its types alone is not below it either.
 */
import { describe, expect, test } from '@jest/globals';
import { importsOf, isIdentifier, type Node, nodesOf, type Source, sources } from './sources.ts';

const floors: readonly (readonly string[])[] = [
  ['base'],
  ['domain'],
  ['store'],
  ['engine'],
  ['services'],
  ['server'],
  ['client', 'config', 'cli', 'main.ts'],
];

const floorOf = (path: string): number => {
  const [, folder] = path.split('/');
  const floor = floors.findIndex(names => names.includes(folder!));
  if (floor === -1) throw new Error(`${path} lies on no floor; the folders of src/ are ${floors.flat().join(', ')}`);
  return floor;
};

/** "file: fault" for every fault that a rule finds. */
const faultsIn = (rule: (source: Source) => readonly string[], files: readonly Source[] = sources): string[] =>
  files.flatMap(source => rule(source).map(fault => `${source.path}: ${fault}`));

const found = (source: Source, what: string, matches: (node: Node) => boolean): string[] =>
  [...nodesOf(source.tree)].filter(matches).map(() => what);

test('there are sources to look at, on every floor', () => {
  expect(sources.length).toBeGreaterThan(60);
  expect(new Set(sources.map(source => floorOf(source.path))).size).toBe(floors.length);
});

describe('imports', () => {
  test('of our own files go down or stay on their floor', () => {
    const faults = faultsIn(source =>
      importsOf(source)
        .filter(target => target.startsWith('src/') && floorOf(target) > floorOf(source.path))
        .map(target => `imports ${target}, a floor above it`),
    );
    expect(faults).toEqual([]);
  });

  test('of our own files reach files of src/ that exist, and none outside of it', () => {
    const paths = new Set(sources.map(source => source.path));
    const faults = faultsIn(source =>
      importsOf(source).filter(target => /^(src|test|\.\.|gen-ts)\b/.test(target) && !paths.has(target)),
    );
    expect(faults).toEqual([]);
  });

  test('of generated services are left to the floors of the services, the server and the client', () => {
    const allowed = ['services', 'server', 'client'];
    const faults = faultsIn(source =>
      importsOf(source)
        .filter(target => target.startsWith('#gen/') && !target.endsWith('_types'))
        .filter(() => !allowed.includes(source.path.split('/')[1]!)),
    );
    expect(faults).toEqual([]);
  });

  test('of generated code go by #gen, never by a path', () => {
    expect(faultsIn(source => importsOf(source).filter(target => target.includes('gen-ts')))).toEqual([]);
  });

  test('of the databases are left to the store, of Thrift to the server and the client', () => {
    const owners: Record<string, string[]> = {
      kysely: ['store'],
      'kysely/migration': ['store'],
      'better-sqlite3': ['store'],
      pg: ['store'],
      thrift: ['server', 'client'],
    };
    const faults = faultsIn(source =>
      importsOf(source).filter(target => owners[target] && !owners[target].includes(source.path.split('/')[1]!)),
    );
    expect(faults).toEqual([]);
  });
});

describe('what only one place does', () => {
  const isMember = (node: Node, object: string, property: string): boolean =>
    node.type === 'MemberExpression' && isIdentifier(node.object, object) && isIdentifier(node.property, property);

  test('config/env.ts alone reads the environment', () => {
    const others = sources.filter(source => source.path !== 'src/config/env.ts');
    const reads = (source: Source): string[] => [
      ...found(source, 'process.env', node => isMember(node, 'process', 'env')),
      ...found(
        source,
        'process["…"] or { … } = process',
        node =>
          (node.type === 'MemberExpression' &&
            isIdentifier(node.object, 'process') &&
            (node.property as Node).type === 'Computed') ||
          (node.type === 'VariableDeclarator' && isIdentifier(node.init, 'process')),
      ),
      ...importsOf(source).filter(target => target === 'node:process' || target === 'process'),
    ];
    expect(faultsIn(reads, others)).toEqual([]);
    expect(faultsIn(reads)).toEqual(['src/config/env.ts: process.env']);
  });

  test('base/clock.ts alone asks for the time; elsewhere a Date only formats a number it is given', () => {
    const asks = (source: Source): string[] => [
      ...found(source, 'Date.now', node => isMember(node, 'Date', 'now')),
      ...found(
        source,
        'new Date() without a time',
        node =>
          node.type === 'NewExpression' &&
          isIdentifier(node.callee, 'Date') &&
          ((node.arguments ?? []) as unknown[]).length !== 1,
      ),
      ...found(source, 'Date()', node => node.type === 'CallExpression' && isIdentifier(node.callee, 'Date')),
    ];
    expect(faultsIn(asks)).toEqual(['src/base/clock.ts: Date.now']);
  });

  test('nothing but cli/output.ts writes to the terminal, and main.ts about an old Node', () => {
    const writes = (source: Source): string[] => [
      ...found(source, 'process.stdout', node => isMember(node, 'process', 'stdout')),
      ...found(source, 'process.stderr', node => isMember(node, 'process', 'stderr')),
    ];
    expect(new Set(faultsIn(writes))).toEqual(
      new Set([
        'src/cli/output.ts: process.stdout',
        'src/cli/output.ts: process.stderr',
        'src/main.ts: process.stderr',
      ]),
    );
  });
});

describe('handlers are tables of contents', () => {
  const handlers = sources.filter(source => /^src\/services\/[^/]+\/handler\.ts$/.test(source.path));

  test('there are some', () => {
    expect(handlers.length).toBeGreaterThanOrEqual(4);
  });

  test('without try and catch', () => {
    expect(
      faultsIn(
        source => [
          ...found(source, 'try', node => node.type === 'TryStatement'),
          ...found(
            source,
            '.catch()',
            node => node.type === 'MemberExpression' && isIdentifier(node.property, 'catch'),
          ),
        ],
        handlers,
      ),
    ).toEqual([]);
  });

  test('without SQL', () => {
    const words = ['selectFrom', 'insertInto', 'updateTable', 'deleteFrom', 'execute', 'executeTakeFirst'];
    expect(
      faultsIn(
        source => [
          ...found(source, 'a tagged template', node => node.type === 'TaggedTemplateExpression'),
          ...found(
            source,
            'a statement',
            node => node.type === 'MemberExpression' && words.some(word => isIdentifier(node.property, word)),
          ),
          ...found(
            source,
            'SQL in a text',
            node => node.type === 'StringLiteral' && /^\s*(select|insert|update|delete) /i.test(node.value as string),
          ),
        ],
        handlers,
      ),
    ).toEqual([]);
  });

  test('without exceptions of Thrift', () => {
    const exceptions = ['SystemException', 'JobTemplateLockFailed', 'TApplicationException', 'TProtocolException'];
    expect(
      faultsIn(
        source => found(source, 'an exception of Thrift', node => exceptions.some(name => isIdentifier(node, name))),
        handlers,
      ),
    ).toEqual([]);
  });
});

describe('files and folders', () => {
  test('no file has more than 300 lines', () => {
    expect(
      faultsIn(source => {
        const lines = source.text.trimEnd().split('\n').length;
        return lines > 300 ? [`${lines} lines`] : [];
      }),
    ).toEqual([]);
  });

  test('no folder is a place for anything', () => {
    const vague = /^(utils?|helpers?|common|managers?|misc|shared|lib)$/i;
    expect(faultsIn(source => source.path.split('/').filter(name => vague.test(name.replace(/\.ts$/, ''))))).toEqual(
      [],
    );
  });

  test('every file opens with what it owns', () => {
    // main.ts begins with the line that makes it a program.
    expect(
      faultsIn(source => (/^(#!.*\n)?\/\*\*[ \n]/.test(source.text) ? [] : ['does not begin with a comment'])),
    ).toEqual([]);
  });
});
