/** What things may take: texts, in Unicode code points, and files, in bytes. */
import { BadRequest } from '../base/errors.ts';
import { characters, isLongerThan } from '../base/text.ts';

/** Bytes of a document or an attachment, unless the server is told otherwise: 100 MB. */
export const DEFAULT_MAX_FILE_BYTES = 100 * 1024 * 1024;

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
