/** Creating, reading and changing templates, and publishing their entries. */

import type { AbacAttribute } from '#gen/abac_types';
import { MAX_DESCRIPTION_LENGTH, MAX_TITLE_LENGTH } from '#gen/common_types';
import type { StepGroupHeaders } from '#gen/group_headers_types';
import type { JobTemplate, JobTemplateParams } from '#gen/job_template_types';
import { TemplateType } from '#gen/job_template_types';
import type { BaseStep } from '#gen/step_types';
import { BadRequest, InvalidVersion, NotFound } from '../../base/errors.ts';
import { checkDefaultNames, checkedDefaults } from '../../domain/jobs.ts';
import { bounded } from '../../domain/limits.ts';
import { requirePrivilege } from '../../domain/privileges.ts';
import { receivedHeaders, stored } from '../../domain/received.ts';
import { jobNamesOf } from '../../domain/team-config.ts';
import { withHeaders } from '../../domain/tree.ts';
import { assignAll } from '../../engine/attributes.ts';
import { type Content, checkExpectedVersion, createTemplate, editContent } from '../../engine/authoring.ts';
import { publish as publishEntry } from '../../engine/publishing.ts';
import { ownerKinds } from '../../store/attributes.ts';
import type { Reader, Store } from '../../store/database.ts';
import type { EntrySelector, TemplateRow } from '../../store/templates.ts';
import type { Call } from '../call.ts';
import { idList, notServedYet, required } from '../checks.ts';
import { made, permitted, visible, visibleEntries } from './access.ts';
import { toJobTemplate } from './wire.ts';

export function create(
  store: Store,
  call: Call,
  teamId: string,
  params: JobTemplateParams,
  attributes: AbacAttribute[],
): Promise<JobTemplate> {
  const title = required('params.title', params.title, MAX_TITLE_LENGTH);
  const content = { title, descrip: '', defaults: {}, ...givenContent(params) };
  refuseUnknownReferences(params);
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
    const templateId = await createTemplate(tx, call, teamId, params.typ ?? TemplateType.Job, content);
    await assignAll(tx, { teamId, kind: ownerKinds.template, id: templateId }, sentAttributes);
    return encoded(tx, call, await made(tx, call, templateId));
  });
}

export const get = (store: Store, call: Call, templateId: string): Promise<JobTemplate> =>
  store.read(async reader => encoded(reader, call, await visible(reader, call, templateId)));

export function update(store: Store, call: Call, templateId: string, params: JobTemplateParams): Promise<JobTemplate> {
  const change = givenContent(params);
  refuseUnknownReferences(params);
  return store.transact(async tx => {
    const latest = await permitted(tx, call, templateId, 'templateEdit');
    refuseOtherType(latest, params.typ);
    checkExpectedVersion(latest, params.expectedVersion);
    if (change.defaults) checkDefaultNames(change.defaults, jobNamesOf(latest.team_config));
    const { template, root } = await editContent(tx, call, latest, content => ({ ...content, ...change }));
    return encoded(tx, call, template, root);
  });
}

export function updateRootHeaders(
  store: Store,
  call: Call,
  templateId: string,
  sent: StepGroupHeaders,
): Promise<JobTemplate> {
  return store.transact(async tx => {
    const latest = await permitted(tx, call, templateId, 'templateEdit');
    const { template, root } = await editContent(tx, call, latest, content => ({
      ...content,
      root: withHeaders(content.root, receivedHeaders(sent, call.ids, content.root)),
    }));
    return encoded(tx, call, template, root);
  });
}

export const publish = (store: Store, call: Call, templateId: string): Promise<JobTemplate> =>
  store.transact(async tx => {
    const latest = await permitted(tx, call, templateId, 'templatePublish');
    const [team] = await tx.people.teams([latest.team_id]);
    const { requireReviewFlow = false } = JSON.parse(team!.config);
    return encoded(tx, call, await publishEntry(tx, call, latest, requireReviewFlow));
  });

export function getPublicVersion(
  store: Store,
  call: Call,
  templateId: string,
  publicVersion: number,
): Promise<JobTemplate> {
  if (publicVersion < 0) {
    throw new BadRequest(
      'invalid-argument',
      `publicVersion: ${publicVersion} is negative; expected 1 or more, or 0 for the published version`,
    );
  }
  return store.read(async reader => encoded(reader, call, await publicEntry(reader, call, templateId, publicVersion)));
}

async function publicEntry(
  reader: Reader,
  call: Call,
  templateId: string,
  publicVersion: number,
): Promise<TemplateRow> {
  const selector: EntrySelector = publicVersion === 0 ? 'published' : { publicVersion };
  const [entry] = await visibleEntries(reader, call, [templateId], selector);
  if (entry) return entry;
  await visible(reader, call, templateId);
  throw publicVersion === 0
    ? new InvalidVersion(
        'not-published',
        'publicVersion: 0 asks for the published version, and this template has none yet; publish makes one',
      )
    : new InvalidVersion(
        'version-not-found',
        `publicVersion: no entry has the public version ${publicVersion}; drafts of fetch lists what there is`,
        {
          publicVersion: String(publicVersion),
        },
      );
}

/** The content fields that params set. */
function givenContent(params: JobTemplateParams): Partial<Omit<Content, 'root'>> {
  notServedYet({ 'params.extendedPropertyTables': params.extendedPropertyTables });
  return {
    ...(params.title == null ? {} : { title: required('params.title', params.title, MAX_TITLE_LENGTH) }),
    ...(params.descrip == null ? {} : { descrip: bounded('params.descrip', params.descrip, MAX_DESCRIPTION_LENGTH) }),
    ...(params.defaults == null ? {} : { defaults: checkedDefaults(stored(params.defaults)) }),
  };
}

/** Metadata refers to definitions of the team, and no template can have any yet. */
function refuseUnknownReferences(params: JobTemplateParams): void {
  const [metadata] = params.metadataEntry ?? [];
  if (metadata)
    throw new NotFound(
      'metadata-not-found',
      `params.metadataEntry: the team has no metadata definition ${metadata.metadataId}`,
    );
}

function refuseOtherType(template: TemplateRow, typ: TemplateType | null | undefined): void {
  if (typ == null || typ === template.typ) return;
  throw new BadRequest(
    'invalid-argument',
    `params.typ: ${TemplateType[typ]}, but the template is of type ${TemplateType[template.typ]}; a type never changes`,
  );
}

async function encoded(reader: Reader, call: Call, template: TemplateRow, known?: BaseStep): Promise<JobTemplate> {
  const root = known ?? (await reader.trees.tree(template.team_id, template.root_hash));
  const [team] = await reader.people.teams([template.team_id]);
  return toJobTemplate(template, root, team!, call);
}
