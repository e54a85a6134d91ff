/** The page of limits: docs/limits.md has every limit with its variable and default, every reason that is counted, and no other. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { BadSetting, settingsFrom, variables } from '../../src/config/env.ts';
import { DEFAULT_LIMITS, type Limits } from '../../src/server/limits.ts';
import { isIdentifier, type Node, nodesOf, sources } from './sources.ts';

type Variable = keyof typeof variables;

/** The limit that a variable sets, if it sets one. */
function limitOf(variable: Variable): keyof Limits | undefined {
  const limits = limitsWith({ [variable]: '7' });
  return (Object.keys(DEFAULT_LIMITS) as (keyof Limits)[]).find(limit => limits?.[limit] !== DEFAULT_LIMITS[limit]);
}

/** Undefined where the variable takes no number. */
function limitsWith(env: Record<string, string>): Partial<Limits> | undefined {
  try {
    return settingsFrom(env, 'test').server.limits;
  } catch (error) {
    if (error instanceof BadSetting) return DEFAULT_LIMITS;
    throw error;
  }
}

const limitVariables = (Object.keys(variables) as Variable[]).filter(limitOf);

/** A default as people write it: "16 MB", "1 min", "10,000". */
function written(variable: Variable): string {
  const number = Number(variables[variable].fallback);
  if (variable.endsWith('_BYTES')) return `${number / 2 ** 20} MB`;
  if (!variable.endsWith('_SECONDS')) return number.toLocaleString('en');
  const [unit, name] = [[3600, 'h'] as const, [60, 'min'] as const].find(
    ([seconds]) => number > 0 && number % seconds === 0,
  ) ?? [1, 's'];
  return `${number / unit} ${name}`;
}

/** The members of the type of reasons in src/server/metrics.ts. */
function reasonsInSource(): string[] {
  const { tree } = sources.find(({ path }) => path === 'src/server/metrics.ts')!;
  const declaration = [...nodesOf(tree)].find(
    node => node.type === 'TsTypeAliasDeclaration' && isIdentifier(node.id, 'Refusal'),
  );
  return [...nodesOf(declaration)]
    .filter(node => node.type === 'TsLiteralType')
    .map(node => (node.literal as Node).value as string);
}

const page = readFileSync(join(import.meta.dirname, '../../docs/limits.md'), 'utf8');
const rows = page.split('\n').flatMap(line => (line.startsWith('| ') ? [line.slice(2, -2).split(' | ')] : []));
const rowsOfLimits = rows.filter(cells => cells[0]!.startsWith('`JOBWRIGHT_'));
const inCode = (cell: string): string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, text]) => text!);

describe('docs/limits.md', () => {
  test('has every limit with its variable and its default, and no other', () => {
    expect(limitVariables.length).toBe(Object.keys(DEFAULT_LIMITS).length);
    const documented = Object.fromEntries(rowsOfLimits.map(([variable, fallback]) => [variable, fallback]));
    expect(documented).toEqual(Object.fromEntries(limitVariables.map(name => [`\`${name}\``, written(name)])));
    expect(rowsOfLimits.length).toBe(limitVariables.length);
  });

  test('has every reason that is counted, each in the cell for it, and no other', () => {
    const withoutSetting = rows.filter(cells => cells.length === 3).map(cells => cells[0]!);
    const cells = [...rowsOfLimits.map(row => row[3]!), ...withoutSetting.filter(cell => /^`[a-z-]+`$/.test(cell))];
    expect(reasonsInSource().length).toBeGreaterThanOrEqual(20);
    expect([...new Set(cells.flatMap(inCode))].sort()).toEqual(reasonsInSource().sort());
  });

  test('says of every limit what it bounds, what the client sees, and when to change it', () => {
    const thin = rowsOfLimits.filter(row => row.length !== 6 || row[2]!.length < 10 || !row[4] || row[5]!.length < 9);
    expect(thin).toEqual([]);
  });

  test('names no variable that there is not', () => {
    const named = [...page.matchAll(/JOBWRIGHT_[A-Z_]+/g)].map(([name]) => name);
    expect(named.filter(name => !(name in variables))).toEqual([]);
  });

  test('names the metrics that the server has', () => {
    const { text } = sources.find(({ path }) => path === 'src/server/metrics.ts')!;
    const served = [...text.matchAll(/'(jobwright_\w+)'/g)].map(([, name]) => name!);
    const documented = rows.flatMap(([first]) => inCode(first!)).filter(code => code.startsWith('jobwright_'));
    expect(documented.map(code => code.replace(/\{.*/, '')).sort()).toEqual(served.sort());
  });
});
