/** The audit trail's one way of writing: who did what to whom, in the transaction that did it. */
import type { Transactor } from '../store/database.ts';
import type { Row } from '../store/schema.ts';
import type { Act } from './act.ts';

/** What can be found in the trail. */
export type AuditedAction =
  | 'team.created'
  | 'team.updated'
  | `user.${'created' | 'invited' | 'joined' | 'renamed' | 'email' | 'password' | 'reset' | 'disabled' | 'enabled'}`
  | 'member.added'
  | 'member.roles'
  | 'member.removed'
  | `${'role' | 'group'}.${'created' | 'updated' | 'archived' | 'unarchived' | 'joined' | 'left'}`
  | 'token.revoked'
  | 'attributes.defined'
  | 'attribute.assigned'
  | `category.${'created' | 'updated' | 'archived' | 'unarchived'}`
  | 'icon.created'
  | `document.${'renamed' | 'deleted'}`
  | `sheets.${'created' | 'updated' | 'archived' | 'unarchived' | 'definitions' | 'edited'}`
  | 'tag.created'
  | 'tag.renamed'
  | 'metadata.created'
  | 'metadata.updated'
  | 'metadata.archived'
  | 'metadata.options.added'
  | 'metadata.options.removed'
  | 'metadata.options.updated'
  | 'metadata.options.merged'
  | 'template.lock.forced'
  | `template.${'archived' | 'unarchived' | 'marked'}`
  | `webhook.${'set' | 'cleared' | 'rotated'}`;

type Details = Readonly<Record<string, unknown>>;

export async function audit(
  tx: Transactor,
  act: Act,
  teamId: string,
  action: AuditedAction,
  subjectId: string,
  details: Details,
): Promise<void> {
  await auditIn(tx, act, [teamId], action, subjectId, details);
}

/** What concerns several teams stands in the trail of each. @param teamIds at least one */
export async function auditIn(
  tx: Transactor,
  act: Act,
  teamIds: readonly string[],
  action: AuditedAction,
  subjectId: string,
  details: Details,
): Promise<void> {
  await tx.audit.append(teamIds.map(teamId => event(act, teamId, action, subjectId, details)));
}

/** Several acts of one call, in one statement. @param subjects details by subject id */
export async function auditAll(
  tx: Transactor,
  act: Act,
  teamId: string,
  action: AuditedAction,
  subjects: ReadonlyMap<string, Details>,
): Promise<void> {
  await tx.audit.append([...subjects].map(([id, details]) => event(act, teamId, action, id, details)));
}

const event = (
  act: Act,
  teamId: string,
  action: AuditedAction,
  subjectId: string,
  details: Details,
): Row<'audit_events'> => ({
  team_id: teamId,
  audit_id: act.ids.next(),
  at: act.now,
  actor_id: act.caller.userId,
  action,
  subject_id: subjectId,
  details: JSON.stringify(details),
});
