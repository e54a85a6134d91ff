/** Conditions that name steps by their ids: `currentStepId = '…'`. */
import { DomainError } from '../../base/errors.ts';
import { fieldList, jobFields } from './fields.ts';
import { parsed, type RawCondition, type RawOperand, type RawTest } from './parse.ts';

const fields = fieldList(jobFields);

/**
 * A condition as a copy of the steps has it: where it compares with an id that has a new one, with that. What is no filter stays as it is;
 * it can be written, but not published.
 */
export function withNewStepIds(condition: string, newIds: ReadonlyMap<string, string>): string {
  const ids = stepIdsIn(condition).sort((a, b) => b.at - a.at);
  return ids.reduce((text, { at, written, text: id }) => {
    const newId = newIds.get(id);
    return newId === undefined
      ? text
      : `${text.slice(0, at)}'${newId.replaceAll("'", "''")}'${text.slice(at + written.length)}`;
  }, condition);
}

type TextOperand = RawOperand & { readonly kind: 'text' };

function stepIdsIn(condition: string): TextOperand[] {
  try {
    return testsIn(parsed({ text: condition, place: 'condition' })).flatMap(test => {
      const operands = operandsIn(test);
      return operands.some(isStepId) ? operands.filter(operand => operand.kind === 'text') : [];
    });
  } catch (error) {
    if (error instanceof DomainError) return [];
    throw error;
  }
}

const isStepId = ({ kind, written }: RawOperand): boolean =>
  kind === 'name' && fields.find(written)?.name === 'currentStepId';

function testsIn(condition: RawCondition): RawTest[] {
  if (condition.op === 'and' || condition.op === 'or') return condition.of.flatMap(testsIn);
  return condition.op === 'not' ? testsIn(condition.of) : [condition];
}

/** What a pattern asks for is more than one id: it is none of them. */
function operandsIn(test: RawTest): RawOperand[] {
  switch (test.op) {
    case 'compare':
      return [test.left, test.right];
    case 'in':
      return [test.left, ...test.operands];
    case 'between':
      return [test.left, test.low, test.high];
    default:
      return [];
  }
}
