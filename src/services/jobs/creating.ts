/** createJobs: what a caller may override, checked. */
import { MAX_JOBS_PER_CALL } from '#gen/common_types';
import type { CreateJobOverrides, CreateJobsResponse } from '#gen/jobs_types';
import { BadRequest, InvalidVersion } from '../../base/errors.ts';
import { locationOf } from '../../domain/geometry/location.ts';
import { checkTexts } from '../../domain/jobs.ts';
import { bounded } from '../../domain/limits.ts';
import { requirePrivilege } from '../../domain/privileges.ts';
import * as engine from '../../engine/creating.ts';
import { refuseArchived } from '../../engine/editable.ts';
import type { Store, Transactor } from '../../store/database.ts';
import type { TemplateRow } from '../../store/templates.ts';
import type { Call } from '../call.ts';
import { required } from '../checks.ts';
import { visibleEntries, visible as visibleTemplate } from '../job-templates/access.ts';

export function createJobs(
  store: Store,
  call: Call,
  templateId: string,
  sent: CreateJobOverrides,
): Promise<CreateJobsResponse> {
  const count = checkedCount(sent);
  const overrides = checked(sent);
  const location = sent.location == null ? undefined : locationOf('jobOverrides.location', sent.location);
  return store.transact(async tx => {
    const template = await publishedEntry(tx, call, templateId);
    requirePrivilege(call.caller, template.team_id, 'jobCreate');
    refuseArchived(template);
    if (overrides.ownedBy != null) requirePrivilege(call.caller, template.team_id, 'jobUpdateOwner');
    if (overrides.assignedType != null) requirePrivilege(call.caller, template.team_id, 'jobAssignAny');
    const { jobIds, autoExecuted } = await engine.createJobs(tx, call, template, overrides, count, { location });
    return { jobIds: [...jobIds], autoExecuted };
  });
}

async function publishedEntry(tx: Transactor, call: Call, templateId: string): Promise<TemplateRow> {
  const [entry] = await visibleEntries(tx, call, [templateId], 'published');
  if (entry) return entry;
  await visibleTemplate(tx, call, templateId);
  throw new InvalidVersion(
    'not-published',
    `jobTemplateId: template ${templateId} has no published version; publish it before creating jobs from it`,
    {
      templateId,
    },
  );
}

function checkedCount({ numberOfJobs, jobId }: CreateJobOverrides): number {
  const count = numberOfJobs ?? 1;
  if (count < 1 || count > MAX_JOBS_PER_CALL) {
    throw new BadRequest(
      'limit-exceeded',
      `jobOverrides.numberOfJobs: ${count}; expected 1 to ${MAX_JOBS_PER_CALL} in one call`,
      { numberOfJobs: String(count) },
    );
  }
  if (jobId && count > 1) {
    throw new BadRequest(
      'invalid-argument',
      `jobOverrides.numberOfJobs: ${count} jobs cannot share the jobId ${jobId}; leave jobId unset or create one job`,
    );
  }
  return count;
}

const MAX_CHOSEN_ID_LENGTH = 64;

function checkJobId(jobId: string): void {
  bounded('jobOverrides.jobId', jobId, MAX_CHOSEN_ID_LENGTH);
  if (/^[A-Za-z0-9._-]+$/.test(jobId)) return;
  throw new BadRequest(
    'invalid-argument',
    `jobOverrides.jobId: "${jobId.slice(0, 80)}"; expected 1 to ${MAX_CHOSEN_ID_LENGTH} letters, digits, ".", "_" and "-"`,
    { jobId: jobId.slice(0, 80) },
  );
}

function checked(overrides: CreateJobOverrides): CreateJobOverrides {
  checkTexts('jobOverrides', overrides);
  if (overrides.jobId != null) checkJobId(overrides.jobId);
  if (overrides.requestId != null) required('jobOverrides.requestId', overrides.requestId, MAX_CHOSEN_ID_LENGTH);
  if (overrides.assignedType == null && overrides.assignedTo) {
    throw new BadRequest(
      'invalid-argument',
      `jobOverrides.assignedType: unset, but assignedTo is "${overrides.assignedTo}"; say whether it is a User or a Group`,
    );
  }
  const percent = overrides.percentComplete ?? 0;
  if (percent < 0 || percent > 100)
    throw new BadRequest('invalid-argument', `jobOverrides.percentComplete: ${percent}; expected 0 to 100`);
  return { ...overrides, ...(overrides.jobName != null && { jobName: overrides.jobName.trim() }) };
}
