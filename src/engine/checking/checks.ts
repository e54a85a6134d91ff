/** All that `jobwright check` looks at, in the order in which it is told: what others build on comes first. */
import { comparisonCheck } from '../../store/check/comparison.ts';
import type { Check } from '../../store/check/finding.ts';
import { jobComparisons } from '../../store/check/job-comparisons.ts';
import { otherComparisons } from '../../store/check/other-comparisons.ts';
import { structureChecks } from '../../store/check/structure.ts';
import { derivedChecks } from './derived.ts';
import { fileChecks } from './files.ts';
import { jobChecks } from './jobs.ts';
import { treeChecks } from './trees.ts';

export const checks: readonly Check[] = [
  ...structureChecks,
  ...treeChecks,
  ...otherComparisons.map(comparisonCheck),
  ...jobComparisons.map(comparisonCheck),
  ...jobChecks,
  ...derivedChecks,
  ...fileChecks,
];
