/** Letters to people: what they say. The server brings them away; a secret stands in the letter alone. */
import { ChangeTokenType } from '#gen/user_types';
import { WrongState } from '../../base/errors.ts';

export interface Letter {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

/** The way out for letters. */
export interface Mail {
  /** Where people complete what a letter asks for; the secret goes behind it. Empty: the letter tells the secret itself. */
  readonly link: string;
  /** Never throws and holds nobody up: what could not be delivered is logged, and can be asked for again. */
  send(letter: Letter): void;
}

const texts: Readonly<Record<ChangeTokenType, readonly [subject: string, text: string]>> = {
  [ChangeTokenType.VALIDATE_TOKEN]: ['Confirm your e-mail address', 'confirm your e-mail address within two days'],
  [ChangeTokenType.JOIN_TOKEN]: ['You are invited to a team', 'accept the invitation to a team within 14 days'],
  [ChangeTokenType.FORGOT_PASSWORD_TOKEN]: ['Set a new password', 'set a new password within an hour'],
  [ChangeTokenType.UPDATE_EMAIL_TOKEN]: ['Confirm your new e-mail address', 'confirm this address within two days'],
};

export function letter(mail: Mail, to: string, kind: ChangeTokenType, token: string): Letter {
  const [subject, what] = texts[kind];
  const how = mail.link === '' ? `this code:\n\n  ${token}` : `this address:\n\n  ${mail.link}${token}`;
  return { to, subject, text: `To ${what}, use ${how}\n\nIf you did not ask for it, do nothing.\n` };
}

/** @param instead what to do where no mail leaves. @throws WrongState (413) */
export function requireMail(mail: Mail | undefined, instead: string): Mail {
  if (mail) return mail;
  throw new WrongState(
    'mail-not-configured',
    `this server sends no mail: JOBWRIGHT_SMTP_URL is not set; ${instead} instead`,
  );
}
