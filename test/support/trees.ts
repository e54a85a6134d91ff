/** Step trees in a line or two. */
import type { BaseStep } from '#gen/step_types';

/** A leaf. */
export const step = (title: string, more: Partial<BaseStep> = {}): BaseStep => ({
  ...base,
  title,
  impl: { step: { stepFields: [], stepType: 0 } },
  ...more,
});

/** A group with these children. */
export const group = (title: string, children: BaseStep[], more: Partial<BaseStep> = {}): BaseStep => ({
  ...base,
  title,
  impl: { stepGroup: {} },
  children,
  ...more,
});

const base = {
  id: '',
  descrip: [],
  children: [],
  isComponent: false,
  jobBaseStepId: '',
  hierarchyPosition: '',
  parentId: '',
  parentJobBaseStepId: '',
  clientId: '',
  clientGeneratedIds: false,
  blocking: false,
};

/** The leaves of a tree in order. */
export const leaves = (root: BaseStep): BaseStep[] => (root.impl.step ? [root] : root.children.flatMap(leaves));

/** A reference as a text has it. */
export const ref = (name: string): string => `\${${name}}`;
