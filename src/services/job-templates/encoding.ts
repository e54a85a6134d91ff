/** Entries as JobTemplate and JobTemplateModular, with what they are shown with: one statement per kind of thing, not per entry. */
import type { JobTemplate, JobTemplateModular, TemplateTag } from '#gen/job_template_types';
import type { BaseStep } from '#gen/step_types';
import { derived } from '../../domain/tree.ts';
import type { Reader, TreesByHash } from '../../store/database.ts';
import type { TeamWithOwner } from '../../store/people.ts';
import type { TemplateRow } from '../../store/templates.ts';
import type { Call } from '../call.ts';
import { filledTree, thingsOf } from './things.ts';
import { toJobTemplate, toJobTemplateModular } from './wire.ts';

/** @param root the entry's tree, where it is at hand */
export async function jobTemplate(
  reader: Reader,
  call: Call,
  template: TemplateRow,
  root?: BaseStep,
): Promise<JobTemplate> {
  const known = root && new Map([[template.root_hash, root]]);
  const [encoded] = await jobTemplates(reader, call, template.team_id, [template], known);
  return encoded!;
}

/** What create has made, of a team that is at hand: it has neither tags nor documents. */
export async function createdTemplate(
  reader: Reader,
  call: Call,
  template: TemplateRow,
  root: BaseStep,
  team: TeamWithOwner,
): Promise<JobTemplate> {
  const things = await thingsOf(reader, template.team_id, {
    roots: [root],
    metadata: idsIn([template], 'metadata'),
  });
  return toJobTemplate(template, root, team, { things, tags: [], sourceVersion: undefined }, call);
}

/** Entries of one team. */
export async function jobTemplates(
  reader: Reader,
  call: Call,
  teamId: string,
  templates: readonly TemplateRow[],
  known?: TreesByHash,
): Promise<JobTemplate[]> {
  if (templates.length === 0) return [];
  const trees =
    known ??
    (await reader.trees.trees(
      teamId,
      templates.map(({ root_hash }) => root_hash),
    ));
  const [team] = await reader.people.teams([teamId]);
  const tags = await tagsOf(reader, [teamId], templates);
  const sources = await sourceVersions(reader, templates);
  const things = await thingsOf(reader, teamId, {
    roots: [...trees.values()],
    documents: idsIn(templates, 'documents'),
    metadata: idsIn(templates, 'metadata'),
  });
  return templates.map(template => {
    const shown = { things, tags: tags.get(template.template_id) ?? [], sourceVersion: sources(template) };
    return toJobTemplate(template, trees.get(template.root_hash)!, team!, shown, call);
  });
}

/** The template after an edit of its steps: with its tree. */
export async function edited(
  reader: Reader,
  call: Call,
  template: TemplateRow,
  root: BaseStep,
): Promise<JobTemplateModular> {
  const sources = await sourceVersions(reader, [template]);
  const things = await thingsOf(reader, template.team_id, { roots: [root], metadata: idsIn([template], 'metadata') });
  const shown = { things, sourceVersion: sources(template) };
  return {
    ...toJobTemplateModular(template, shown, call, root),
    stepGroup: filledTree(derived(root, template.title), things),
  };
}

/** The ids that entries name in one of their lists. */
export const idsIn = (templates: readonly TemplateRow[], list: 'documents' | 'metadata'): string[] => [
  ...new Set(
    templates.flatMap(template => {
      const named = JSON.parse(template[list]);
      return Array.isArray(named) ? named : Object.keys(named);
    }),
  ),
];

/** Tags by template, by name. */
export async function tagsOf(
  reader: Reader,
  teamIds: readonly string[],
  templates: readonly Pick<TemplateRow, 'template_id'>[],
): Promise<Map<string, TemplateTag[]>> {
  const rows = await reader.library.tagsOf(
    teamIds,
    templates.map(({ template_id }) => template_id),
  );
  const byName = rows.sort((a, b) => a.name.localeCompare(b.name) || (a.tag_id < b.tag_id ? -1 : 1));
  const tags = Map.groupBy(byName, row => row.template_id);
  return new Map(
    [...tags].map(([templateId, own]) => [
      templateId,
      own.map(({ tag_id, name, comment }) => ({ tagId: tag_id, name, ...(comment !== null && { comment }) })),
    ]),
  );
}

/** Of local templates, the current publications of their sources; no statement where there is none. */
export async function sourceVersions(
  reader: Reader,
  templates: readonly TemplateRow[],
): Promise<(template: TemplateRow) => number | undefined> {
  const local = templates.filter(({ source_template_id }) => source_template_id !== null);
  if (local.length === 0) return () => undefined;
  const rows = await reader.templates.publishCounts(
    [...new Set(local.map(({ team_id }) => team_id))],
    [...new Set(local.map(({ source_template_id }) => source_template_id!))],
  );
  const versions = new Map(rows.map(row => [row.template_id, row.publish_count]));
  return ({ source_template_id }) => (source_template_id === null ? undefined : versions.get(source_template_id));
}
