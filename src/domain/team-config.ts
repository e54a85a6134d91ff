/** What a team has set for its templates and jobs, as rows keep it: the interface's TeamConfig as JSON. */
import { MAX_NAME_LENGTH } from '#gen/common_types';
import { MAX_JOB_NAMES, type TeamConfig } from '#gen/team_types';
import { BadRequest } from '../base/errors.ts';
import { sameName, unseenIn } from '../base/text.ts';
import { DEFAULT_PRIORITY, FINAL_STATUS, FIRST_STATUS, priorities, statuses } from './jobs.ts';
import { bounded } from './limits.ts';

/** The names that jobs of a team go by. */
export interface JobNames {
  readonly priorities: readonly string[];
  readonly statuses: readonly string[];
  /** Stands before the number of a job without a name. */
  readonly prefix: string;
}

/** @param config JSON of a row */
export function jobNamesOf(config: string): JobNames {
  const { jobPriorities, jobStatuses, jobNumberPrefix }: Partial<TeamConfig> = JSON.parse(config);
  return {
    priorities: jobPriorities?.length ? jobPriorities : priorities,
    statuses: jobStatuses?.length ? jobStatuses : statuses,
    prefix: jobNumberPrefix ?? 'JOB_',
  };
}

/** @returns the most bytes of an attachment, where the team has set fewer than the server */
export const attachmentLimit = (config: string, server: number): number => {
  const { maxAttachmentBytes }: Partial<TeamConfig> = JSON.parse(config);
  return maxAttachmentBytes ? Math.min(maxAttachmentBytes, server) : server;
};

const MOST_URL = 2000;

/** @throws BadRequest (400) */
export function checkedConfig(config: TeamConfig): TeamConfig {
  for (const field of ['defaultLocale', 'emailSenderOverride', 'proxyRegion'] as const)
    bounded(`opts.config.${field}`, config[field] ?? '', MAX_NAME_LENGTH);
  bounded('opts.config.previewPdfUrl', config.previewPdfUrl ?? '', MOST_URL);
  checkNames('jobStatuses', config.jobStatuses ?? [], [FIRST_STATUS, FINAL_STATUS]);
  checkNames('jobPriorities', config.jobPriorities ?? [], [DEFAULT_PRIORITY]);
  const { jobNumberPrefix: prefix, maxAttachmentBytes: bytes } = config;
  if (prefix != null && !/^[\p{L}\p{N}._-]{1,20}$/u.test(prefix))
    throw invalid('jobNumberPrefix', `"${prefix.slice(0, 50)}"`, '1 to 20 letters, digits, ".", "_" and "-"');
  if (bytes != null && bytes < 0)
    throw invalid('maxAttachmentBytes', String(bytes), "1 or more, or 0 for the server's");
  return config;
}

/** @param needed what jobs get when nobody says otherwise */
function checkNames(field: string, names: readonly string[], needed: readonly string[]): void {
  if (names.length === 0) return;
  if (names.length > MAX_JOB_NAMES)
    throw new BadRequest('limit-exceeded', `opts.config.${field}: ${names.length} names; at most ${MAX_JOB_NAMES}`, {
      limit: String(MAX_JOB_NAMES),
      found: String(names.length),
    });
  for (const name of names) {
    bounded(`opts.config.${field}`, name, MAX_NAME_LENGTH);
    if (name.trim() !== name || name === '' || unseenIn(name) !== undefined)
      throw invalid(field, `"${name}"`, 'names without spaces around them and without control characters');
  }
  const twice = names.find((name, index) => names.findIndex(other => sameName(other) === sameName(name)) !== index);
  if (twice !== undefined) throw invalid(field, `"${twice}" is there twice`, 'each name once, ignoring case');
  const lacking = needed.find(name => !names.includes(name));
  if (lacking !== undefined)
    throw invalid(field, `no "${lacking}"`, `${needed.join(' and ')} among them: jobs get it of themselves`);
}

const invalid = (field: string, found: string, right: string): BadRequest =>
  new BadRequest('invalid-argument', `opts.config.${field}: ${found}; expected ${right}`, {
    field: `opts.config.${field}`,
  });
