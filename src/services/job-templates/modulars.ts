/** Entries with the parts that TemplateSelectOpts asks for: one statement per kind of thing asked for, whatever the number of entries. */
import type { JobTemplateModular, JobTemplateStats, TemplateSelectOpts, TemplateTag } from '#gen/job_template_types';
import type { BaseStep } from '#gen/step_types';
import { toSeconds } from '../../base/clock.ts';
import { referencesIn } from '../../domain/references.ts';
import { derived } from '../../domain/tree.ts';
import { attributesOf } from '../../engine/attributes.ts';
import type { Reader, Store, TreesByHash } from '../../store/database.ts';
import type { TeamWithOwner } from '../../store/people.ts';
import type { Row } from '../../store/schema.ts';
import type { TemplateRow } from '../../store/templates.ts';
import { toAbacAttribute } from '../abac/attributes.ts';
import type { Call } from '../call.ts';
import { documentPath } from '../documents/documents.ts';
import { toTeamModular } from '../teams/wire.ts';
import { toUser, toUserModular } from '../users/wire.ts';
import { idsIn, sourceVersions, tagsOf } from './encoding.ts';
import { filledTree, type Things, thingsOf } from './things.ts';
import { documentsOf, lastPublishedAt, toDraft, toJobTemplateModular } from './wire.ts';

/** Entries, and what the flags ask for beside them, by template, team or user. Trees apart: they are known for ever. */
export interface Found {
  /** Of the database, about: what is kept is bounded by them. */
  readonly rows: number;
  readonly templates: readonly TemplateRow[];
  readonly things: ReadonlyMap<string, Things>;
  readonly teams: ReadonlyMap<string, TeamWithOwner>;
  readonly users: ReadonlyMap<string, Row<'users'>>;
  readonly drafts: ReadonlyMap<string, Row<'template_entries'>[]>;
  readonly jobs: ReadonlyMap<string, { closed: number; jobs: number }[]>;
  readonly tags: ReadonlyMap<string, TemplateTag[]>;
  readonly sourceVersion: (template: TemplateRow) => number | undefined;
  /** Of a template of a team; absent when they were not asked for. */
  readonly attributes: Awaited<ReturnType<typeof attributesOf>> | undefined;
}

const needsTree = ({ includeSteps, includeRootHeaders, includeRefMap }: TemplateSelectOpts): boolean =>
  includeSteps || includeRootHeaders || includeRefMap;

export async function withParts(
  reader: Reader,
  select: TemplateSelectOpts,
  templates: readonly TemplateRow[],
): Promise<Found> {
  const teamIds = [...new Set(templates.map(template => template.team_id))];
  const ids = [...new Set(templates.map(template => template.template_id))];
  const asked = <T>(flag: boolean, read: () => Promise<T[]>): Promise<T[]> =>
    flag && ids.length > 0 ? read() : Promise.resolve([]);
  const userIds = usersIn(select, templates);
  const users = userIds.length > 0 ? await reader.people.users(userIds) : [];
  const drafts = await asked(select.includeDrafts, () => reader.templates.drafts(teamIds, ids));
  const jobs = await asked(select.includeStats, () => reader.templates.jobCounts(teamIds, ids));
  const teams = await asked(select.includeTeam, () => reader.people.teams(teamIds));
  const tags = await asked(select.includeTags, async () => [...(await tagsOf(reader, teamIds, templates))]);
  const attributes = select.includeAttributes ? await attributesOf(reader, teamIds, 'template', ids) : undefined;
  const things = new Map<string, Things>();
  for (const [teamId, own] of Map.groupBy(templates, template => template.team_id)) {
    const trees = needsTree(select)
      ? await reader.trees.trees(
          teamId,
          own.map(({ root_hash }) => root_hash),
        )
      : [];
    const documents = select.includeDocuments ? idsIn(own, 'documents') : [];
    const roots = [...trees.values()] as BaseStep[];
    things.set(teamId, await thingsOf(reader, teamId, { roots, documents, metadata: idsIn(own, 'metadata') }));
  }
  return {
    rows: 1 + templates.length + users.length + drafts.length + jobs.length + teams.length + tags.length,
    templates,
    things,
    teams: new Map(teams.map(team => [team.team_id, team])),
    users: new Map(users.map(user => [user.user_id, user])),
    drafts: Map.groupBy(drafts, draft => draft.template_id),
    jobs: Map.groupBy(jobs, count => count.template_id),
    tags: new Map(tags),
    sourceVersion: await sourceVersions(reader, templates),
    attributes,
  };
}

const usersIn = (select: TemplateSelectOpts, templates: readonly TemplateRow[]): string[] => [
  ...new Set([
    ...(select.includeLastAuthor ? templates.map(template => template.author_id) : []),
    ...(select.includeOriginalAuthor ? templates.map(template => template.created_by) : []),
    ...(select.includeLastPublished ? templates.flatMap(template => template.last_published_by ?? []) : []),
  ]),
];

/** The trees that the flags ask for, from memory where they were read before. */
export async function treesFor(
  store: Store,
  select: TemplateSelectOpts,
  templates: readonly TemplateRow[],
): Promise<TreesByHash> {
  if (!needsTree(select)) return new Map();
  return store.knownTrees(templates) ?? (await store.read(reader => treesOf(reader, templates)));
}

/** By root hash: one statement per team, and none for trees that were read before. */
async function treesOf(reader: Reader, templates: readonly TemplateRow[]): Promise<TreesByHash> {
  const trees = new Map<string, BaseStep>();
  for (const [teamId, own] of Map.groupBy(templates, template => template.team_id)) {
    const found = await reader.trees.trees(
      teamId,
      own.map(template => template.root_hash),
    );
    for (const [hash, tree] of found) trees.set(hash, tree);
  }
  return trees;
}

/** @param trees those of `treesFor` */
export function modular(
  template: TemplateRow,
  select: TemplateSelectOpts,
  found: Found,
  trees: TreesByHash,
  call: Call,
): JobTemplateModular {
  const things = found.things.get(template.team_id)!;
  const root = trees.get(template.root_hash);
  const encoded = toJobTemplateModular(template, { things, sourceVersion: found.sourceVersion(template) }, call, root);
  if (select.includeTeam) encoded.team = toTeamModular(found.teams.get(template.team_id)!);
  if (root) addTree(encoded, template, root, select, things);
  if (select.includeDocuments) encoded.documents = documents(template, select, things);
  if (select.includeTags) encoded.templateTags = found.tags.get(template.template_id) ?? [];
  if (select.includeAttributes)
    encoded.attributes = found.attributes!(template.team_id, template.template_id).map(toAbacAttribute);
  if (select.includeLastModified) encoded.lastModifiedAt = toSeconds(template.modified_at);
  if (select.includeLastAuthor) encoded.lastAuthor = toUser(found.users.get(template.author_id)!);
  if (select.includeOriginalAuthor) encoded.originalAuthor = toUserModular(found.users.get(template.created_by)!);
  if (select.includeStats) encoded.stats = statsOf(found.jobs.get(template.template_id) ?? []);
  if (select.includeDrafts)
    encoded.drafts = (found.drafts.get(template.template_id) ?? []).map((draft, index, drafts) =>
      toDraft(draft, index === drafts.length - 1),
    );
  if (select.includeLastPublished) addLastPublished(encoded, template, found);
  return encoded;
}

function addTree(
  encoded: JobTemplateModular,
  template: TemplateRow,
  root: BaseStep,
  select: TemplateSelectOpts,
  things: Things,
): void {
  if (select.includeSteps) encoded.stepGroup = filledTree(derived(root, template.title), things);
  if (select.includeRootHeaders)
    encoded.rootHeaders = filledTree({ ...root, children: [] }, things).impl.stepGroup?.headers ?? {};
  if (select.includeRefMap) encoded.references = referencesIn(root);
}

const documents = (template: TemplateRow, { includeDocumentUrls }: TemplateSelectOpts, things: Things) =>
  documentsOf(template, things).map(document =>
    includeDocumentUrls ? { ...document, url: documentPath(document.id) } : document,
  );

function addLastPublished(encoded: JobTemplateModular, template: TemplateRow, { users }: Found): void {
  encoded.lastPublishedAt = lastPublishedAt(template);
  encoded.lastPublishedVersion = template.last_published_public_version ?? 0;
  encoded.lastPublishTime = toSeconds(template.last_published_at ?? 0);
  const publisher = users.get(template.last_published_by ?? '');
  if (publisher) encoded.lastPublishedBy = toUser(publisher);
}

function statsOf(counts: readonly { closed: number; jobs: number }[]): JobTemplateStats {
  const count = (closed: number) => Number(counts.find(row => row.closed === closed)?.jobs ?? 0);
  return { completedJobs: count(1), activeJobs: count(0) };
}
