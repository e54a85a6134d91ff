/** Reading several templates at once, by their ids or by ids and versions. What cannot be read is an error in its place. */
import type {
  JobTemplateModular,
  TemplateFetchResult,
  TemplatePublicVersion,
  TemplateSelectOpts,
} from '#gen/job_template_types';
import { BadRequest, type DomainError, InvalidVersion } from '../../base/errors.ts';
import { cannotBeKey } from '../../base/text.ts';
import { teamsOf } from '../../domain/privileges.ts';
import { versionNotFound } from '../../engine/publishing.ts';
import type { Reader, Store } from '../../store/database.ts';
import type { TemplateRow } from '../../store/templates.ts';
import type { Call } from '../call.ts';
import { idList } from '../checks.ts';
import { systemException } from '../wire-errors.ts';
import { hiddenFromCaller, isRestricted, notPublished, templateNotFound, visibleEntries } from './access.ts';
import { type Found, modular, treesFor, withParts } from './modulars.ts';

export async function fetch(
  store: Store,
  call: Call,
  select: TemplateSelectOpts,
  templateIds: string[],
): Promise<{ [templateId: string]: TemplateFetchResult }> {
  const ids = idList('templateIds', templateIds);
  for (const id of ids) refuseKey(id);
  const teamIds = teamsOf(call.caller);
  const found = await store.readKept(
    JSON.stringify(['fetch', teamIds, ids, select]),
    async reader => withParts(reader, select, await reader.templates.entries(teamIds, ids, 'latest')),
    ({ rows }) => rows,
  );
  const hidden = await hiddenIn(store, call, found);
  const templates = found.templates.filter(template => !hidden.has(template.template_id));
  const trees = await treesFor(store, select, templates);
  const byId = new Map(
    templates.map(template => [
      template.template_id,
      withReviewFlow(modular(template, select, found, trees, call), template),
    ]),
  );
  return Object.fromEntries(ids.map(id => [id, resultOf(byId.get(id), () => templateNotFound(id), call)]));
}

const withReviewFlow = (encoded: JobTemplateModular, { team_config }: TemplateRow): JobTemplateModular => {
  encoded.reviewFlowRequired = JSON.parse(team_config).requireReviewFlow ?? false;
  return encoded;
};

/** What a team's rule hides from the caller: asked apart, so that what is kept of the templates serves everybody. */
async function hiddenIn(store: Store, call: Call, { templates }: Found): Promise<Set<string>> {
  const restricted = templates.filter(row => isRestricted(row, call.caller.rights.get(row.team_id)));
  if (restricted.length === 0) return new Set();
  return store.readKept(
    JSON.stringify(['hidden', call.caller.userId, restricted.map(row => row.template_id)]),
    reader => hiddenFromCaller(reader, call, restricted),
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

const resultOf = (
  template: JobTemplateModular | undefined,
  refusal: () => DomainError,
  call: Call,
): TemplateFetchResult => (template ? { template } : { err: systemException(refusal(), call.requestId) });

/** @param kind which of an entry's numbers the versions are; 0 is the current published entry */
export async function fetchVersions(
  store: Store,
  call: Call,
  select: TemplateSelectOpts,
  kind: 'publicVersion' | 'publishedVersion',
  versions: TemplatePublicVersion[],
): Promise<{ [templateId: string]: { [version: number]: TemplateFetchResult } }> {
  const asked = idList(
    'versions',
    versions.map(({ jobTemplateId, publicVersion }) => JSON.stringify([jobTemplateId, publicVersion])),
  ).map(pair => {
    const [templateId, number] = JSON.parse(pair) as [string, number];
    refuseKey(templateId);
    return { templateId, number };
  });
  const { entryOf, seen, found } = await store.look(async reader => {
    const entries = await entriesAsked(reader, call, kind, asked);
    return { ...entries, found: await withParts(reader, select, [...new Set(entries.rows)]) };
  });
  const trees = await treesFor(store, select, found.templates);
  const answer: { [templateId: string]: { [version: number]: TemplateFetchResult } } = {};
  for (const { templateId, number } of asked) {
    const entry = entryOf(templateId, number);
    const refusal = () => refusalOf(seen.has(templateId), templateId, number);
    const result = resultOf(entry && modular(entry, select, found, trees, call), refusal, call);
    answer[templateId] = { ...answer[templateId], [number]: result };
  }
  return answer;
}

async function entriesAsked(
  reader: Reader,
  call: Call,
  kind: 'publicVersion' | 'publishedVersion',
  asked: readonly { templateId: string; number: number }[],
) {
  const ids = [...new Set(asked.map(({ templateId }) => templateId))];
  const heads = await visibleEntries(reader, call, ids, 'latest');
  const seen = new Set(heads.map(row => row.template_id));
  const current = asked.filter(({ number }) => number === 0).map(({ templateId }) => templateId);
  const published = current.length === 0 ? [] : await visibleEntries(reader, call, current, 'published');
  const visible = asked.filter(({ templateId }) => seen.has(templateId));
  const numbered = await reader.templates.entriesNumbered(teamsOf(call.caller), kind, visible);
  const column = kind === 'publicVersion' ? 'public_version' : 'published_version';
  const byNumber = new Map([
    ...published.map(row => [`${row.template_id} 0`, row] as const),
    ...numbered.map(row => [`${row.template_id} ${row[column]}`, row] as const),
  ]);
  const entryOf = (templateId: string, number: number) => byNumber.get(`${templateId} ${number}`);
  return { entryOf, seen, rows: [...published, ...numbered] };
}

function refusalOf(seen: boolean, templateId: string, number: number): DomainError {
  if (!seen) return templateNotFound(templateId);
  return number === 0 ? notPublished() : number < 0 ? negative(number) : versionNotFound(number);
}

const negative = (number: number): InvalidVersion =>
  new InvalidVersion('version-not-found', `publicVersion: ${number} is negative; versions begin with 1`, {
    publicVersion: String(number),
  });

/** Internal versions of the latest entries; templates that do not exist for the caller are left out. */
export async function getLatestVersions(
  store: Store,
  call: Call,
  templateIds: string[],
): Promise<{ [templateId: string]: number }> {
  const ids = idList('templateIds', templateIds);
  for (const id of ids) refuseKey(id);
  const rows = await store.look(reader => visibleEntries(reader, call, ids, 'latest'));
  return Object.fromEntries(rows.map(row => [row.template_id, row.version]));
}
