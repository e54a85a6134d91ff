/** Reading several templates at once: one statement per kind of thing asked for, whatever the number of templates. */

import type {
  JobTemplateModular,
  JobTemplateStats,
  TemplateFetchResult,
  TemplateSelectOpts,
} from '#gen/job_template_types';
import type { BaseStep } from '#gen/step_types';
import { toSeconds } from '../../base/clock.ts';
import { BadRequest } from '../../base/errors.ts';
import { cannotBeKey } from '../../base/text.ts';
import { teamsOf } from '../../domain/privileges.ts';
import { referencesIn } from '../../domain/references.ts';
import { derived } from '../../domain/tree.ts';
import { attributesOf } from '../../engine/attributes.ts';
import type { Reader, Store } from '../../store/database.ts';
import type { TeamWithOwner } from '../../store/people.ts';
import type { Row } from '../../store/schema.ts';
import type { TemplateRow } from '../../store/templates.ts';
import { toAbacAttribute } from '../abac/attributes.ts';
import type { Call } from '../call.ts';
import { idList } from '../checks.ts';
import { toTeamModular } from '../teams/wire.ts';
import { toUser, toUserModular } from '../users/wire.ts';
import { systemException } from '../wire-errors.ts';
import { hiddenFromCaller, isRestricted, templateNotFound } from './access.ts';
import { toDraft, toJobTemplateModular } from './wire.ts';

/** The entries, and what the flags ask for beside them, by template, team or user. */
interface Found {
  readonly rows: number;
  readonly templates: readonly TemplateRow[];
  readonly teams: ReadonlyMap<string, TeamWithOwner>;
  readonly users: ReadonlyMap<string, Row<'users'>>;
  readonly drafts: ReadonlyMap<string, Row<'template_entries'>[]>;
  readonly jobs: ReadonlyMap<string, { closed: number; jobs: number }[]>;
  /** Of a template of a team; absent when they were not asked for. */
  readonly attributes: Awaited<ReturnType<typeof attributesOf>> | undefined;
}

export async function fetch(
  store: Store,
  call: Call,
  select: TemplateSelectOpts,
  templateIds: string[],
): Promise<{ [templateId: string]: TemplateFetchResult }> {
  const ids = idList('templateIds', templateIds);
  for (const id of ids) refuseKey(id);
  const teamIds = teamsOf(call.caller);
  const key = JSON.stringify(['fetch', teamIds, ids, select]);
  const found = await store.readKept(
    key,
    reader => read(reader, select, teamIds, ids),
    ({ rows }) => rows,
  );
  const hidden = await hiddenIn(store, call, found, ids);
  const templates = found.templates.filter(template => !hidden.has(template.template_id));
  const trees = store.knownTrees(templates) ?? (await store.read(reader => treesOf(reader, templates)));
  const byId = new Map(
    templates.map(template => [
      template.template_id,
      encoded(template, trees.get(template.root_hash)!, select, found, call),
    ]),
  );
  return Object.fromEntries(ids.map(id => [id, resultOf(id, byId.get(id), call)]));
}

/** What a team's rule hides from the caller: asked apart, so that what is kept of the templates serves everybody. */
async function hiddenIn(store: Store, call: Call, { templates }: Found, ids: readonly string[]): Promise<Set<string>> {
  if (!templates.some(row => isRestricted(row, call.caller.rights.get(row.team_id)))) return new Set();
  return store.readKept(
    JSON.stringify(['hidden', call.caller.userId, ids]),
    reader => hiddenFromCaller(reader, call, templates),
    set => 1 + set.size,
  );
}

/** The answer is a map by id. @throws BadRequest (400) */
function refuseKey(id: string): void {
  if (!cannotBeKey(id)) return;
  throw new BadRequest(
    'invalid-argument',
    `templateIds: "${id}" is no id of a template; give those that create returned`,
    { templateId: id },
  );
}

const resultOf = (id: string, template: JobTemplateModular | undefined, call: Call): TemplateFetchResult =>
  template ? { template } : { err: systemException(templateNotFound(id), call.requestId) };

async function read(
  reader: Reader,
  select: TemplateSelectOpts,
  callersTeams: readonly string[],
  templateIds: readonly string[],
): Promise<Found> {
  const templates = await reader.templates.entries(callersTeams, templateIds, 'latest');
  const teamIds = [...new Set(templates.map(template => template.team_id))];
  const ids = templates.map(template => template.template_id);
  const userIds = [
    ...(select.includeLastAuthor ? templates.map(template => template.author_id) : []),
    ...(select.includeOriginalAuthor ? templates.map(template => template.created_by) : []),
    ...(select.includeLastPublished ? templates.flatMap(template => template.last_published_by ?? []) : []),
  ];
  const users = userIds.length > 0 ? await reader.people.users([...new Set(userIds)]) : [];
  const drafts = select.includeDrafts ? await reader.templates.drafts(teamIds, ids) : [];
  const jobs = select.includeStats ? await reader.templates.jobCounts(teamIds, ids) : [];
  const attributes = select.includeAttributes ? await attributesOf(reader, teamIds, 'template', ids) : undefined;
  const teams = select.includeTeam && teamIds.length > 0 ? await reader.people.teams(teamIds) : [];
  return {
    rows: 1 + templates.length + users.length + drafts.length + jobs.length + teams.length,
    templates,
    teams: new Map(teams.map(team => [team.team_id, team])),
    users: new Map(users.map(user => [user.user_id, user])),
    drafts: Map.groupBy(drafts, draft => draft.template_id),
    jobs: Map.groupBy(jobs, count => count.template_id),
    attributes,
  };
}

/** By root hash: one statement per team, and none for trees that were read before. */
async function treesOf(reader: Reader, templates: readonly TemplateRow[]): Promise<Map<string, BaseStep>> {
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

function encoded(
  template: TemplateRow,
  root: BaseStep,
  select: TemplateSelectOpts,
  found: Found,
  call: Call,
): JobTemplateModular {
  const modular = toJobTemplateModular(template, root.id, call);
  modular.reviewFlowRequired = JSON.parse(template.team_config).requireReviewFlow ?? false;
  if (select.includeTeam) modular.team = toTeamModular(found.teams.get(template.team_id)!);
  if (select.includeSteps) modular.stepGroup = derived(root, template.title);
  if (select.includeRootHeaders) modular.rootHeaders = root.impl.stepGroup?.headers ?? {};
  if (select.includeDocuments) modular.documents = [];
  if (select.includeTags) modular.templateTags = [];
  if (select.includeAttributes)
    modular.attributes = found.attributes!(template.team_id, template.template_id).map(toAbacAttribute);
  if (select.includeRefMap) modular.references = referencesIn(root);
  if (select.includeLastModified) modular.lastModifiedAt = toSeconds(template.modified_at);
  if (select.includeLastAuthor) modular.lastAuthor = toUser(found.users.get(template.author_id)!);
  if (select.includeOriginalAuthor) modular.originalAuthor = toUserModular(found.users.get(template.created_by)!);
  if (select.includeStats) modular.stats = statsOf(found.jobs.get(template.template_id) ?? []);
  if (select.includeDrafts)
    modular.drafts = (found.drafts.get(template.template_id) ?? []).map((draft, index, drafts) =>
      toDraft(draft, index === drafts.length - 1),
    );
  if (select.includeLastPublished) addLastPublished(modular, template, found);
  return modular;
}

function addLastPublished(modular: JobTemplateModular, template: TemplateRow, { users }: Found): void {
  modular.lastPublishedAt = toSeconds(template.last_published_at ?? template.created_at);
  modular.lastPublishedVersion = template.last_published_public_version ?? 0;
  modular.lastPublishTime = toSeconds(template.last_published_at ?? 0);
  const publisher = users.get(template.last_published_by ?? '');
  if (publisher) modular.lastPublishedBy = toUser(publisher);
}

function statsOf(counts: readonly { closed: number; jobs: number }[]): JobTemplateStats {
  const count = (closed: number) => Number(counts.find(row => row.closed === closed)?.jobs ?? 0);
  return { completedJobs: count(1), activeJobs: count(0) };
}
