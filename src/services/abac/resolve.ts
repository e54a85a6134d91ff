/**
 * Decisions: may this user do this to that? From the privileges that the user has in the team, and the team's rule about templates.
 * Each kind of object takes at most one statement, whatever the number of questions.
 */
import { AbacAction, AbacActorType, type AbacResolutionRequest } from '#gen/abac_types';
import { MAX_IDS_PER_CALL } from '#gen/common_types';
import { BadRequest } from '../../base/errors.ts';
import { cannotBeKey } from '../../base/text.ts';
import { type Privilege, type Rights, requireMember } from '../../domain/privileges.ts';
import { rightsOf } from '../../engine/rights.ts';
import { type OwnerKind, ownerKinds } from '../../store/attributes.ts';
import type { Reader, Store } from '../../store/database.ts';
import type { TemplateRow } from '../../store/templates.ts';
import type { Call } from '../call.ts';
import { isRestricted } from '../job-templates/access.ts';

type Question = AbacResolutionRequest;

/** What an act takes; 'member' takes membership alone; what is not here is never allowed. */
const needs: { readonly [type: number]: { readonly [action: number]: Privilege | 'member' } } = {
  [AbacActorType.JOB_TEMPLATE]: {
    [AbacAction.VIEW]: 'member',
    [AbacAction.CREATE]: 'templateCreate',
    [AbacAction.EDIT]: 'templateEdit',
    [AbacAction.EXECUTE]: 'jobCreate',
    [AbacAction.COLLABORATE]: 'member',
    [AbacAction.ARCHIVE]: 'templateArchive',
  },
  [AbacActorType.JOB]: {
    [AbacAction.VIEW]: 'member',
    [AbacAction.CREATE]: 'jobCreate',
    [AbacAction.EDIT]: 'jobUpdateOwner',
    [AbacAction.EXECUTE]: 'member',
    [AbacAction.COLLABORATE]: 'member',
    [AbacAction.ARCHIVE]: 'jobClose',
  },
  [AbacActorType.TEAM]: { [AbacAction.VIEW]: 'member', [AbacAction.EDIT]: 'adminAdvanced' },
};

export async function resolve(
  store: Store,
  call: Call,
  requests: { [key: string]: Question },
): Promise<{ [key: string]: boolean }> {
  const questions = Object.entries(requests);
  refuseTooMany(questions.length);
  for (const [key, question] of questions) {
    const { teamId } = question;
    if (cannotBeKey(key))
      throw new BadRequest('invalid-argument', `abacResolutionRequests: "${key}" cannot be a key`, { key });
    refuseHalf(key, question);
    requireMember(call.caller, teamId);
  }
  const decide = await store.read(reader =>
    judge(
      reader,
      questions.map(([, question]) => question),
    ),
  );
  return Object.fromEntries(questions.map(([key, question]) => [key, decide(question)]));
}

async function judge(reader: Reader, questions: readonly Question[]): Promise<(question: Question) => boolean> {
  const rights = await rightsOfSubjects(reader, questions);
  const templates = await visibleTemplates(reader, questions, rights);
  const idsOf = (type: AbacActorType) =>
    questions.filter(({ object }) => object.type === type).map(({ object }) => object.id);
  const teamIds = [...new Set(questions.map(({ teamId }) => teamId))];
  const jobIds = idsOf(AbacActorType.JOB);
  const jobs = new Set(
    (jobIds.length > 0 ? await reader.jobs.jobs(teamIds, jobIds) : []).map(job => `${job.team_id} ${job.job_id}`),
  );
  const exists = ({ object, subject, teamId }: Question): boolean => {
    if (object.type === AbacActorType.TEAM) return object.id === teamId;
    if (object.type === AbacActorType.JOB) return jobs.has(`${teamId} ${object.id}`);
    return templates.has(`${teamId} ${object.id} ${subject.id}`);
  };
  return question => {
    const { object, subject, action, teamId } = question;
    const need = needs[object.type]?.[action];
    const own = subject.type === AbacActorType.USER ? rights.get(`${teamId} ${subject.id}`) : undefined;
    if (!need || !own || (need !== 'member' && !own.privileges.includes(need))) return false;
    return exists(question);
  };
}

async function rightsOfSubjects(reader: Reader, questions: readonly Question[]): Promise<Map<string, Rights>> {
  const users = questions.filter(({ subject }) => subject.type === AbacActorType.USER);
  if (users.length === 0) return new Map();
  const rows = await reader.people.membersWithGroups(
    [...new Set(users.map(({ teamId }) => teamId))],
    [...new Set(users.map(({ subject }) => subject.id))],
  );
  const byMember = Map.groupBy(rows, row => `${row.team_id} ${row.user_id}`);
  return new Map([...byMember].map(([key, own]) => [key, rightsOf(own, null)]));
}

/** "team template user" of each template that a question is about, where it is there and the team's rule does not hide it. */
async function visibleTemplates(
  reader: Reader,
  questions: readonly Question[],
  rights: ReadonlyMap<string, Rights>,
): Promise<Set<string>> {
  const asked = questions.filter(({ object }) => object.type === AbacActorType.JOB_TEMPLATE);
  if (asked.length === 0) return new Set();
  const rows = await reader.templates.entries(
    [...new Set(asked.map(({ teamId }) => teamId))],
    [...new Set(asked.map(({ object }) => object.id))],
    'latest',
  );
  const isHidden = await hiding(reader, rows, asked, rights);
  return new Set(
    asked
      .filter(({ object, subject, teamId }) => {
        const row = rows.find(template => template.team_id === teamId && template.template_id === object.id);
        return row && !isHidden(row, subject.id);
      })
      .map(({ object, subject, teamId }) => `${teamId} ${object.id} ${subject.id}`),
  );
}

/** Whether the rule of its team hides a template from a user: of all of them in two statements, and in none where no rule is on. */
async function hiding(
  reader: Reader,
  rows: readonly TemplateRow[],
  asked: readonly Question[],
  rights: ReadonlyMap<string, Rights>,
): Promise<(row: TemplateRow, userId: string) => boolean> {
  const mayHide = (row: TemplateRow, userId: string) => isRestricted(row, rights.get(`${row.team_id} ${userId}`));
  const restricted = rows.filter(row => asked.some(({ subject }) => mayHide(row, subject.id)));
  if (restricted.length === 0) return () => false;
  const teamIds = [...new Set(restricted.map(row => row.team_id))];
  const values = async (kind: OwnerKind, ids: readonly string[]) =>
    Map.groupBy(
      await reader.attributes.carried(teamIds, kind, [...new Set(ids)]),
      row => `${row.team_id} ${row.owner_id}`,
    );
  const ofTemplates = await values(
    ownerKinds.template,
    restricted.map(row => row.template_id),
  );
  const ofUsers = await values(
    ownerKinds.user,
    asked.map(({ subject }) => subject.id),
  );
  return (row, userId) => {
    const carried = ofTemplates.get(`${row.team_id} ${row.template_id}`) ?? [];
    if (carried.length === 0 || !mayHide(row, userId)) return false;
    const own = new Set((ofUsers.get(`${row.team_id} ${userId}`) ?? []).map(value => value.value_id));
    return !carried.some(value => own.has(value.value_id));
  };
}

/** A struct that a client left out is not there. */
function refuseHalf(key: string, question: Partial<Question>): void {
  for (const field of ['subject', 'object'] as const)
    if (question[field] == null)
      throw new BadRequest('invalid-argument', `abacResolutionRequests["${key.slice(0, 100)}"].${field}: missing`, {
        field,
      });
}

function refuseTooMany(found: number): void {
  if (found <= MAX_IDS_PER_CALL) return;
  throw new BadRequest(
    'limit-exceeded',
    `abacResolutionRequests: ${found} questions; at most ${MAX_IDS_PER_CALL} in one call`,
    {
      limit: String(MAX_IDS_PER_CALL),
      found: String(found),
    },
  );
}
