/** Templates as wholes: made, read, changed, copied, marked, archived. */
import type { AbacAttribute } from '#gen/abac_types';
import { MAX_DESCRIPTION_LENGTH, MAX_TITLE_LENGTH } from '#gen/common_types';
import type { JobTemplate, JobTemplateParams, TemplateMarks } from '#gen/job_template_types';
import { TemplateType } from '#gen/job_template_types';
import { NotificationType } from '#gen/notifications_types';
import { BadRequest, InvalidVersion, NoChange, NotAllowed } from '../../base/errors.ts';
import { checkDefaultNames, checkedDefaults } from '../../domain/jobs.ts';
import { bounded } from '../../domain/limits.ts';
import { requirePrivilege } from '../../domain/privileges.ts';
import { checkedTables } from '../../domain/properties/definitions.ts';
import { receivedMetadata, stored } from '../../domain/received.ts';
import type { StoredMetadata } from '../../domain/references.ts';
import { jobNamesOf } from '../../domain/team-config.ts';
import { emptyRoot } from '../../domain/tree.ts';
import { assignAll } from '../../engine/attributes.ts';
import { audit } from '../../engine/audit.ts';
import { type Content, checkExpectedVersion, createTemplate, editContent } from '../../engine/authoring.ts';
import { copyTemplate, copyToLocal, revert as revertTo } from '../../engine/copying.ts';
import { emitOne } from '../../engine/events.ts';
import { metadataInTeam } from '../../engine/naming-content.ts';
import { ownerKinds } from '../../store/attributes.ts';
import type { Store, Transactor } from '../../store/database.ts';
import type { TemplateRow } from '../../store/templates.ts';
import type { Call } from '../call.ts';
import { idList, required } from '../checks.ts';
import { made, permitted, visible, visibleEntries } from './access.ts';
import { createdTemplate, jobTemplate } from './encoding.ts';

export function create(
  store: Store,
  call: Call,
  teamId: string,
  params: JobTemplateParams,
  attributes: AbacAttribute[],
): Promise<JobTemplate> {
  const title = required('params.title', params.title, MAX_TITLE_LENGTH);
  const { metadata, ...content } = { descrip: '', defaults: {}, propertyTables: [], ...givenContent(params), title };
  const sentAttributes = idList(
    'attributes',
    attributes.map(({ id }) => id),
  ).map(id => ({
    id,
    values: attributes.filter(attribute => attribute.id === id).flatMap(({ values }) => values),
  }));
  requirePrivilege(call.caller, teamId, 'templateCreate');
  return store.transact(async tx => {
    const [team] = await tx.people.teams([teamId]);
    checkDefaultNames(content.defaults, jobNamesOf(team!.config));
    const named = await metadataInTeam(tx, teamId, 'params.metadataEntry', metadata ?? {}, {});
    const root = emptyRoot(call.ids.next());
    const template = await createTemplate(tx, call, {
      teamId,
      typ: params.typ ?? TemplateType.Job,
      content: { ...content, metadata: named, documents: [], root },
      teamConfig: team!.config,
    });
    await assignAll(tx, { teamId, kind: ownerKinds.template, id: template.template_id }, sentAttributes);
    return createdTemplate(tx, call, await made(tx, call, template), root, team!);
  });
}

export const get = (store: Store, call: Call, templateId: string): Promise<JobTemplate> =>
  store.look(async reader => jobTemplate(reader, call, await visible(reader, call, templateId)));

export function update(store: Store, call: Call, templateId: string, params: JobTemplateParams): Promise<JobTemplate> {
  const { metadata, ...change } = givenContent(params);
  return store.transact(async tx => {
    const latest = await permitted(tx, call, templateId, 'templateEdit');
    refuseOtherType(latest, params.typ);
    checkExpectedVersion(latest, params.expectedVersion);
    if (change.defaults) checkDefaultNames(change.defaults, jobNamesOf(latest.team_config));
    const { template, root } = await editContent(tx, call, latest, async content => ({
      ...content,
      ...change,
      ...(metadata && {
        metadata: await metadataInTeam(tx, latest.team_id, 'params.metadataEntry', metadata, content.metadata),
      }),
    }));
    return jobTemplate(tx, call, template, root);
  });
}

/** The content fields that params set. */
function givenContent(params: JobTemplateParams): Partial<Omit<Content, 'root' | 'documents'>> {
  const { title, descrip, defaults, metadataEntry, extendedPropertyTables: tables } = params;
  return {
    ...(title == null ? {} : { title: required('params.title', title, MAX_TITLE_LENGTH) }),
    ...(descrip == null ? {} : { descrip: bounded('params.descrip', descrip, MAX_DESCRIPTION_LENGTH) }),
    ...(defaults == null ? {} : { defaults: checkedDefaults(stored(defaults)) }),
    ...(tables == null ? {} : { propertyTables: checkedTables(stored(tables)) }),
    ...(metadataEntry == null ? {} : { metadata: givenMetadata(metadataEntry) }),
  };
}

const givenMetadata = (entries: NonNullable<JobTemplateParams['metadataEntry']>): StoredMetadata =>
  receivedMetadata('params.metadataEntry', entries);

function refuseOtherType(template: TemplateRow, typ: TemplateType | null | undefined): void {
  if (typ == null || typ === template.typ) return;
  throw new BadRequest(
    'invalid-argument',
    `params.typ: ${TemplateType[typ]}, but the template is of type ${TemplateType[template.typ]}; a type never changes`,
  );
}

export function archive(store: Store, call: Call, templateId: string): Promise<JobTemplate> {
  return store.transact(async tx => {
    const template = await permitted(tx, call, templateId, 'templateArchive');
    if (template.archived_at !== null)
      throw new NoChange('already-archived', `the template "${template.title}" is archived already`, { templateId });
    refuseMarked(template, template.archive_disabled);
    await tx.locks.releaseLock(template.team_id, templateId);
    return archived(tx, call, template, call.now);
  });
}

export function unarchive(store: Store, call: Call, templateId: string): Promise<JobTemplate> {
  return store.transact(async tx => {
    const template = await permitted(tx, call, templateId, 'templateArchive');
    if (template.archived_at === null)
      throw new NoChange('not-archived', `the template "${template.title}" is not archived`, { templateId });
    refuseMarked(template, 0);
    return archived(tx, call, template, null);
  });
}

/** @throws NotAllowed (550) */
function refuseMarked({ template_id, title, system, read_only }: TemplateRow, archiveDisabled: number): void {
  const mark = system ? 'system' : read_only ? 'readOnly' : archiveDisabled ? 'archiveDisabled' : undefined;
  if (!mark) return;
  throw new NotAllowed('not-allowed', `the template "${title}" is marked ${mark}; updateMarks takes the mark off`, {
    templateId: template_id,
  });
}

async function archived(tx: Transactor, call: Call, template: TemplateRow, at: number | null): Promise<JobTemplate> {
  const { team_id: teamId, template_id: templateId, title } = template;
  await tx.templates.changeHead(template, { archived_at: at, modified_at: call.now });
  await audit(tx, call, teamId, at === null ? 'template.unarchived' : 'template.archived', templateId, { title });
  const type = at === null ? NotificationType.TemplateUnarchived : NotificationType.TemplateArchived;
  await emitOne(tx, call, template, type);
  return jobTemplate(tx, call, await visible(tx, call, templateId));
}

const markColumns = {
  readOnly: 'read_only',
  globalTemplate: 'global',
  archiveDisabled: 'archive_disabled',
  system: 'system',
} as const satisfies Record<keyof TemplateMarks, keyof TemplateRow>;

export function updateMarks(store: Store, call: Call, templateId: string, marks: TemplateMarks): Promise<JobTemplate> {
  return store.transact(async tx => {
    const template = await permitted(tx, call, templateId, 'adminBasic');
    const sent = Object.entries(markColumns).flatMap(([mark, column]) => {
      const value = marks[mark as keyof TemplateMarks];
      return value == null || value === (template[column] === 1) ? [] : [[mark, column, value] as const];
    });
    if (sent.length > 0) {
      const change = Object.fromEntries(sent.map(([, column, value]) => [column, value ? 1 : 0]));
      await tx.templates.changeHead(template, { ...change, modified_at: call.now });
      const details = Object.fromEntries(sent.map(([mark, , value]) => [mark, value]));
      await audit(tx, call, template.team_id, 'template.marked', templateId, details);
    }
    return jobTemplate(tx, call, await visible(tx, call, templateId));
  });
}

export function cloneTemplate(store: Store, call: Call, templateId: string): Promise<JobTemplate> {
  return store.transact(async tx => {
    const template = await permitted(tx, call, templateId, 'templateCreate');
    return jobTemplate(tx, call, await made(tx, call, await copyTemplate(tx, call, template)));
  });
}

export function createLocalTemplate(store: Store, call: Call, templateId: string): Promise<JobTemplate> {
  return store.transact(async tx => {
    const latest = await permitted(tx, call, templateId, 'templateCreate');
    const [published] = await visibleEntries(tx, call, [templateId], 'published');
    return jobTemplate(tx, call, await made(tx, call, await copyToLocal(tx, call, latest, published)));
  });
}

export function revert(store: Store, call: Call, templateId: string, internalVersion: number): Promise<void> {
  return store.transact(async tx => {
    const latest = await permitted(tx, call, templateId, 'templateEdit');
    const [earlier] = await visibleEntries(tx, call, [templateId], { internalVersion });
    if (!earlier) throw noSuchEntry('internalVersion', internalVersion, latest);
    await revertTo(tx, call, latest, earlier);
  });
}

export const noSuchEntry = (field: string, version: number, { version: latest }: TemplateRow): InvalidVersion =>
  new InvalidVersion('version-not-found', `${field}: the template has no entry ${version}; it has 1 to ${latest}`, {
    [field]: String(version),
    latest: String(latest),
  });
