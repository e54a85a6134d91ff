/** The sources of src/ as syntax trees: what the architecture tests look at. */
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { parseSync } from '@swc/core';

export interface Node {
  readonly type: string;
  readonly [field: string]: unknown;
}

export interface Source {
  /** From the root of the repository: "src/base/clock.ts". */
  readonly path: string;
  readonly text: string;
  readonly tree: Node;
}

const root = join(import.meta.dirname, '../..');

export const sources: readonly Source[] = globSync('src/**/*.ts', { cwd: root })
  .sort()
  .map(path => {
    const text = readFileSync(join(root, path), 'utf8');
    return { path, text, tree: parseSync(text, { syntax: 'typescript', target: 'es2024' }) as unknown as Node };
  });

/** Every node of a tree, parents before children. */
export function* nodesOf(value: unknown): Generator<Node> {
  if (value === null || typeof value !== 'object') return;
  if (!Array.isArray(value) && typeof (value as Node).type === 'string') yield value as Node;
  for (const field of Object.values(value)) yield* nodesOf(field);
}

/** What a file imports, in whatever way: files by their path from the root, anything else as it is written. */
export function importsOf({ path, tree }: Source): string[] {
  const specifiers = [...nodesOf(tree)].flatMap(node => {
    const call = node.type === 'CallExpression' && (node.callee as Node).type === 'Import';
    const source = call ? (node.arguments as { expression: Node }[])[0]!.expression : importedFrom(node);
    if (!source) return [];
    if (source.type !== 'StringLiteral') throw new Error(`${path}: an import that is not a plain text`);
    return [source.value as string];
  });
  return specifiers.map(specifier =>
    specifier.startsWith('.') ? relative(root, join(root, dirname(path), specifier)) : specifier,
  );
}

function importedFrom(node: Node): Node | undefined {
  if (node.type === 'TsImportType') return node.argument as Node;
  if (node.type === 'ImportDeclaration' || node.type.startsWith('Export')) return (node.source ?? undefined) as never;
  return undefined;
}

export const isIdentifier = (node: unknown, name: string): boolean =>
  (node as Node | null)?.type === 'Identifier' && (node as Node).value === name;
