/** The editing lock of a template. */
import type { ForceAcquireResponse, JobTemplateLock } from '#gen/job_template_types';
import * as engine from '../../engine/locking.ts';
import type { Store } from '../../store/database.ts';
import type { Call } from '../call.ts';
import { permitted } from './access.ts';
import { toLock } from './wire.ts';

export const acquireLock = (store: Store, call: Call, templateId: string): Promise<JobTemplateLock> =>
  store.transact(async tx => {
    const template = await permitted(tx, call, templateId, 'templateEdit');
    return toLock(await engine.acquireLock(tx, call, template), call.caller.tokenId);
  });

export const forceAcquireLock = (store: Store, call: Call, templateId: string): Promise<ForceAcquireResponse> =>
  store.transact(async tx => {
    const template = await permitted(tx, call, templateId, 'templateForceLock');
    const { current, previous } = await engine.forceAcquireLock(tx, call, template);
    const { tokenId } = call.caller;
    return { currentLock: toLock(current, tokenId), previousLock: previous && toLock(previous, tokenId) };
  });

export const releaseLock = (store: Store, call: Call, templateId: string): Promise<void> =>
  store.transact(async tx => engine.releaseLock(tx, call, await permitted(tx, call, templateId, 'templateEdit')));
