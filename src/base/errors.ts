/**
 * The domain's errors: about as many as there are answers to "what should the caller do now?". Each carries
 *  - `slug`: stable, kebab-case, for programs and translations (docs/errors.md lists them all);
 *  - `message`: for a person; it names the field, the value and what would be right;
 *  - `details`: the same facts as data, for instance the expected and the actual version.
 * Texts from outside that are longer than any id or name are cut in both.
 * Floors below the server throw these and nothing else on purpose; services/wire-errors.ts maps each kind to its wire code.
 */

export type ErrorKind =
  | 'badRequest'
  | 'unauthorized'
  | 'invalidToken'
  | 'tokenExpired'
  | 'insufficientPermissions'
  | 'notFound'
  | 'accountUnvalidated'
  | 'unknownRegion'
  | 'alreadyMember'
  | 'teamExists'
  | 'wrongState'
  | 'noChange'
  | 'revertDisallowed'
  | 'missingMetadata'
  | 'archived'
  | 'invalidVersion'
  | 'unsupported'
  | 'notAllowed'
  | 'templateNotLocked'
  | 'loginPaused'
  | 'busy'
  | 'outcomeUnknown';

export type Details = Readonly<Record<string, string>>;

/** What comes from outside is repeated whole up to so many characters: the ids and names that anything has are shorter. */
const LONGEST_SHOWN = 300;
const SHOWN = 100;
/** Of lists of what is wrong. */
const LONGEST_MESSAGE = 32_000;

const shortened = (text: string): string => `${begun(text, SHOWN)}… (${text.length} characters)`;

/** Not within a character. */
const begun = (text: string, length: number): string => text.slice(0, length).replace(/[\ud800-\udbff]$/, '');

/** Lists of ids, with commas or blanks, keep all of them. */
function cut(text: string): string {
  const shown = text.replace(/[^\s,]+/g, run => (run.length > LONGEST_SHOWN ? shortened(run) : run));
  return shown.length > LONGEST_MESSAGE ? `${begun(shown, LONGEST_MESSAGE)}…` : shown;
}

export abstract class DomainError extends Error {
  abstract readonly kind: ErrorKind;
  readonly slug: string;
  readonly details: Details;

  constructor(slug: string, message: string, details: Details = {}) {
    const long = Object.values(details).filter(value => value.length > LONGEST_SHOWN && message.includes(value));
    super(cut(long.reduce((text, value) => text.replaceAll(value, shortened(value)), message)));
    this.slug = slug;
    this.details = Object.fromEntries(
      Object.entries(details).map(([name, value]) => [name, cut(long.includes(value) ? shortened(value) : value)]),
    );
  }
}

/** Thrown when an argument is malformed, out of range or contradicts another one. */
export class BadRequest extends DomainError {
  readonly kind = 'badRequest';
}

/** Thrown when a call needs a caller and has none, or a login's e-mail address and password do not fit. */
export class Unauthorized extends DomainError {
  readonly kind = 'unauthorized';
}

/** Thrown when a token is not one of ours, or was revoked. */
export class InvalidToken extends DomainError {
  readonly kind = 'invalidToken';
}

/** Thrown when a token was valid once and its time is over. */
export class TokenExpired extends DomainError {
  readonly kind = 'tokenExpired';
}

/** Thrown when the caller may see a thing and lacks the privilege to do this to it. */
export class InsufficientPermissions extends DomainError {
  readonly kind = 'insufficientPermissions';
}

/** Thrown when something does not exist, or the caller may not see it: nobody can tell which. */
export class NotFound extends DomainError {
  readonly kind = 'notFound';
}

/** Thrown when somebody logs in rightly whose address is not confirmed. */
export class AccountUnvalidated extends DomainError {
  readonly kind = 'accountUnvalidated';
}

/** Thrown when a region is named that this server does not stand in. */
export class UnknownRegion extends DomainError {
  readonly kind = 'unknownRegion';
}

/** Thrown when a user is added to a team that it works in. */
export class AlreadyMember extends DomainError {
  readonly kind = 'alreadyMember';
}

/** Thrown when a team takes a short name that another team has. */
export class TeamExists extends DomainError {
  readonly kind = 'teamExists';
}

/** Thrown when the thing exists and its state does not allow the act. */
export class WrongState extends DomainError {
  readonly kind = 'wrongState';
}

/** Thrown when the act would change nothing since it is so already. */
export class NoChange extends DomainError {
  readonly kind = 'noChange';
}

/** Thrown when an entry cannot be reverted to now: the template is in review, or somebody else edits it. */
export class RevertDisallowed extends DomainError {
  readonly kind = 'revertDisallowed';
}

/** Thrown when an entry shall be published that lacks metadata which the team requires. */
export class MissingMetadata extends DomainError {
  readonly kind = 'missingMetadata';
}

/** Thrown when something is to be used that is archived. */
export class ResourceArchived extends DomainError {
  readonly kind = 'archived';
}

/** Thrown when the version asked for does not exist, or is not the one the caller expected. */
export class InvalidVersion extends DomainError {
  readonly kind = 'invalidVersion';
}

/** Thrown when the interface names a function or a field that this version of the server does not serve yet. */
export class Unsupported extends DomainError {
  readonly kind = 'unsupported';
}

/** Thrown when the thing never allows the act, whoever asks. */
export class NotAllowed extends DomainError {
  readonly kind = 'notAllowed';
}

/** Thrown when content is edited, or a lock released, by a token that does not hold the template's lock. */
export class TemplateNotLocked extends DomainError {
  readonly kind = 'templateNotLocked';
}

/** Thrown when too many logins failed before this one: the password was not even looked at. */
export class LoginPaused extends DomainError {
  readonly kind = 'loginPaused';
}

/** Thrown when the store could not serialise a write in the time it had, or had no database: nothing was written, the call can be repeated. */
export class Busy extends DomainError {
  readonly kind = 'busy';
}

/** Thrown when the store lost the database while it committed: the call was carried out, or it was not. */
export class OutcomeUnknown extends DomainError {
  readonly kind = 'outcomeUnknown';
}

/** Who holds a template's lock, as of the last activity. Times in epoch milliseconds. */
export interface LockHolding {
  readonly tokenId: string;
  readonly holder: { readonly id: string; readonly email: string; readonly name: string; readonly createdAt: number };
  readonly lockedAt: number;
  readonly lastActivityAt: number;
}

/** Thrown when acquireLock finds the lock with another token. The one refusal with an exception of its own on the wire. */
export class LockedByOther extends DomainError {
  readonly kind = 'wrongState';
  readonly holding: LockHolding;

  constructor(message: string, holding: LockHolding) {
    super('locked-by-other', message, { lockHolder: holding.holder.id });
    this.holding = holding;
  }
}
