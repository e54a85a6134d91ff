/** A procedure in a file, and the calls that make a template of it. */
import type { JobTemplate } from '#gen/job_template_types';
import type { BaseStep } from '#gen/step_types';
import { structFromJson } from '../server/json.ts';
import type { Clients } from '../services/generated.ts';

/** What a file may set. */
export type Procedure = Pick<
  JobTemplate,
  'title' | 'descrip' | 'typ' | 'defaults' | 'extendedPropertyTables' | 'stepGroup'
>;

/** @throws Error naming the file, the place in it and what would be right */
export function procedureFromJson(text: string, file: string): Procedure {
  const procedure = structFromJson<JobTemplate>('job_template.JobTemplate', parsed(text, file), `${file}: procedure`);
  const { title, descrip, typ, defaults, extendedPropertyTables, stepGroup, ...rest } = procedure;
  refuseRest(
    `${file}: `,
    rest,
    'title, descrip, typ, defaults, extendedPropertyTables and stepGroup are what an import sets',
  );
  if (!stepGroup?.impl?.stepGroup)
    throw new Error(`${file}: stepGroup: expected the root group, with impl.stepGroup and children`);
  const { title: _title, impl: _impl, children: _children, ...rootRest } = stepGroup;
  refuseRest(`${file}: stepGroup.`, rootRest, 'the root has title, impl and children');
  checkChildren(stepGroup, `${file}: stepGroup`);
  return { title, descrip, typ, defaults, extendedPropertyTables, stepGroup };
}

/** What would only come to light half-way through the import. */
function checkChildren(group: BaseStep, path: string): void {
  if (!group.children) throw new Error(`${path}: no children; a group lists them, an empty one as []`);
  for (const [index, child] of group.children.entries()) {
    const place = `${path}.children[${index}]`;
    if (!child.title) throw new Error(`${place}: no title; every step and group has one`);
    if (!child.impl) throw new Error(`${place}: no impl; a step has impl.step, a group impl.stepGroup`);
    if (child.impl.stepGroup) checkChildren(child, place);
  }
}

function parsed(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${file}: no JSON: ${(error as Error).message}`);
  }
}

function refuseRest(where: string, rest: object, right: string): void {
  const [name] = Object.keys(rest);
  if (name) throw new Error(`${where}${name}: cannot be imported; ${right}`);
}

/** @returns the new template, complete and unlocked, not yet published */
export async function importProcedure(
  templates: Clients['JobTemplateService'],
  teamId: string,
  procedure: Procedure,
): Promise<JobTemplate> {
  const { stepGroup, ...params } = procedure;
  const template = await templates.create(teamId, params, []);
  await templates.acquireLock(template.id);
  const headers = stepGroup.impl.stepGroup?.headers;
  if (headers) await templates.updateRootHeaders(template.id, headers);
  for (const child of stepGroup.children) {
    const add = child.impl.stepGroup ? templates.addStepGroupModular : templates.addStepModular;
    await add.call(templates, template.id, template.stepGroup.id, child, -1, false);
  }
  await templates.releaseLock(template.id);
  return templates.get(template.id);
}
