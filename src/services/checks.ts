/** Checks of arguments that several services share. Types, enums, unions and unset fields are settled before a handler runs. */
import {
  MAX_EMAIL_LENGTH,
  MAX_IDS_PER_CALL,
  MAX_NAME_LENGTH,
  MAX_PASSWORD_LENGTH,
  MIN_PASSWORD_LENGTH,
} from '#gen/common_types';
import { BadRequest, Unsupported } from '../base/errors.ts';
import { unseenIn } from '../base/text.ts';
import { bounded } from '../domain/limits.ts';
import { weakness } from '../domain/passwords.ts';

/** A text of at least one visible character. @throws BadRequest (400) */
export function required(field: string, value: string | null | undefined, longest: number): string {
  const text = value?.trim() ?? '';
  if (text === '')
    throw new BadRequest('invalid-argument', `${field}: empty; expected 1 to ${longest} characters`, { [field]: '' });
  return bounded(field, text, longest);
}

/** A name that people read in lists. @throws BadRequest (400) */
export function name(field: string, value: string | null | undefined, longest = MAX_NAME_LENGTH): string {
  const text = required(field, value, longest);
  const unseen = unseenIn(text);
  if (unseen === undefined) return text;
  const found = `U+${unseen.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`;
  throw new BadRequest(
    'invalid-argument',
    `${field}: has the character ${found} at ${text.indexOf(unseen)}; names have no control characters, line ends or marks of direction`,
    { field, found },
  );
}

/** @returns the address as it is stored: lower case. @throws BadRequest (400) */
export function emailAddress(field: string, value: string | null | undefined): string {
  const email = name(field, value, MAX_EMAIL_LENGTH).toLowerCase();
  if (/^[^\s@<>,;]+@[^\s@<>,;]+$/.test(email)) return email;
  throw new BadRequest(
    'invalid-argument',
    `${field}: "${email}" is not an e-mail address; expected somebody@somewhere`,
    { [field]: email },
  );
}

/** Longer than any password is. */
export const isPasswordLong = (password: string): boolean => password.length > MAX_PASSWORD_LENGTH;

/**
 * @param whose names that are no password: they are the first that somebody guesses
 * @throws BadRequest (400); the message never repeats the password
 */
export function newPassword(field: string, value: string, ...whose: readonly string[]): string {
  if (value.length < MIN_PASSWORD_LENGTH || value.length > MAX_PASSWORD_LENGTH) {
    throw new BadRequest(
      'invalid-argument',
      `${field}: ${value.length} characters; expected ${MIN_PASSWORD_LENGTH} to ${MAX_PASSWORD_LENGTH}`,
    );
  }
  const why = weakness(value, whose);
  if (why === undefined) return value;
  throw new BadRequest(
    'weak-password',
    `${field}: it is ${why}; choose one that nobody guesses, several words do well`,
  );
}

/** Ids of things to read or act on, each once. @throws BadRequest (400) */
export function idList(field: string, ids: readonly string[], most = MAX_IDS_PER_CALL): string[] {
  if (ids.length > most)
    throw new BadRequest('limit-exceeded', `${field}: ${ids.length} ids; at most ${most} in one call`, {
      [field]: String(ids.length),
    });
  return [...new Set(ids)];
}

/** Fields that the interface has and this version does not serve yet are refused, not dropped. @throws Unsupported (421) */
export function notServedYet(fields: Readonly<Record<string, unknown>>): void {
  for (const [field, value] of Object.entries(fields)) {
    const given = Array.isArray(value) ? value.length > 0 : value != null && value !== '';
    if (given)
      throw new Unsupported('not-implemented', `${field}: this server does not serve it yet; leave it unset`, {
        field,
      });
  }
}
