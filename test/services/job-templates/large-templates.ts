/** A template of the size that speed and storage are measured on: 1,000 steps in 25 groups of 40. */
import { FieldType } from '#gen/field_data_types';
import type { JobTemplate } from '#gen/job_template_types';
import type { BaseStep } from '#gen/step_types';
import { group, newTemplate, step, type TestUser } from '../../support/seed.ts';

export const GROUPS = 25;
export const STEPS_PER_GROUP = 40;

/** Made-up words, different for each seed, up to this length: harder to compress than what people write, so never too cheap. */
export function prose(seed: number, length: number): string {
  let state = (seed * 2_654_435_761 + 1) >>> 0;
  const upTo = (bound: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state >>> 8) % bound;
  };
  let text = '';
  while (text.length < length) {
    const letters = Array.from({ length: 2 + upTo(8) }, () => String.fromCharCode(97 + upTo(26)));
    text += `${letters.join('')} `;
  }
  return text.slice(0, length).trimEnd();
}

/** A step as authors write it: a title of 50 characters, a description of 200, one field. */
export const writtenStep = (seed: number): BaseStep =>
  step(prose(seed, 50), {
    descrip: [{ txt: { txt: prose(seed + 500_000, 200) } }],
    impl: {
      step: {
        stepFields: [
          { id: '', key: prose(seed + 900_000, 20), type: FieldType.Number, isRequired: true, clientId: '' },
        ],
      },
    },
  });

export const largeTemplate = (author: TestUser): Promise<JobTemplate> =>
  newTemplate(
    author,
    'Turnaround of the whole plant',
    Array.from({ length: GROUPS }, (_, index) =>
      group(
        prose(index, 30),
        Array.from({ length: STEPS_PER_GROUP }, (_, below) => writtenStep(index * STEPS_PER_GROUP + below + 1)),
      ),
    ),
  );
