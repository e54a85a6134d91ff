/** Publishing and review, and reading what was published. */
import type { JobTemplate } from '#gen/job_template_types';
import { BadRequest } from '../../base/errors.ts';
import * as publishing from '../../engine/publishing.ts';
import { callApprovalWebhook } from '../../engine/webhooks.ts';
import type { Store } from '../../store/database.ts';
import type { Call } from '../call.ts';
import { notPublished, permitted, visible, visibleEntries } from './access.ts';
import { jobTemplate } from './encoding.ts';

export const publish = (store: Store, call: Call, templateId: string): Promise<JobTemplate> =>
  store.transact(async tx => {
    const latest = await permitted(tx, call, templateId, 'templatePublish');
    const { requireReviewFlow = false } = JSON.parse(latest.team_config);
    return jobTemplate(tx, call, await publishing.publish(tx, call, latest, requireReviewFlow));
  });

/** @returns the public version of the entry */
export const beginReview = (store: Store, call: Call, templateId: string): Promise<number> =>
  store.transact(async tx => {
    const latest = await permitted(tx, call, templateId, 'templateEdit');
    const { public_version } = await publishing.beginReview(tx, call, latest);
    await callApprovalWebhook(tx, call, latest.team_id, { templateId, publicVersion: public_version });
    return public_version;
  });

/** @returns the public version of the entry */
export const endReview = (store: Store, call: Call, templateId: string): Promise<number> =>
  store.transact(async tx => {
    const latest = await permitted(tx, call, templateId, 'templatePublish');
    return (await publishing.endReview(tx, call, latest)).public_version;
  });

export function publishVersion(
  store: Store,
  call: Call,
  templateId: string,
  publicVersion: number,
): Promise<JobTemplate> {
  if (publicVersion <= 0) throw notAVersion(publicVersion, 'expected 1 or more, as beginReview returned it');
  return store.transact(async tx => {
    const latest = await permitted(tx, call, templateId, 'templatePublish');
    const [entry] = await visibleEntries(tx, call, [templateId], { publicVersion });
    return jobTemplate(tx, call, await publishing.publishVersion(tx, call, latest, entry, publicVersion));
  });
}

export function getPublicVersion(
  store: Store,
  call: Call,
  templateId: string,
  publicVersion: number,
): Promise<JobTemplate> {
  if (publicVersion < 0) throw notAVersion(publicVersion, 'expected 1 or more, or 0 for the published version');
  return store.read(async reader => {
    const selector = publicVersion === 0 ? 'published' : { publicVersion };
    const [entry] = await visibleEntries(reader, call, [templateId], selector);
    if (entry) return jobTemplate(reader, call, entry);
    await visible(reader, call, templateId);
    throw publicVersion === 0 ? notPublished() : publishing.versionNotFound(publicVersion);
  });
}

const notAVersion = (publicVersion: number, right: string): BadRequest =>
  new BadRequest('invalid-argument', `publicVersion: ${publicVersion}; ${right}`, {
    publicVersion: String(publicVersion),
  });
