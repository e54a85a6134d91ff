/** Texts and their longest lengths, in Unicode code points. */
import { BadRequest } from '../base/errors.ts';
import { characters, isLongerThan } from '../base/text.ts';

/** @returns the text. @throws BadRequest (400) when it is longer */
export function bounded(field: string, text: string, longest: number): string {
  if (!isLongerThan(text, longest)) return text;
  const found = characters(text);
  throw new BadRequest('limit-exceeded', `${field}: ${found} characters; the longest may have ${longest}`, {
    field,
    limit: String(longest),
    found: String(found),
  });
}
