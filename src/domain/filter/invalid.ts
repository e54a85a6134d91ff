/** The one refusal of filters: it says where and what would be right. */
import { BadRequest, type Details } from '../../base/errors.ts';
import { characters } from '../../base/text.ts';

/** A filter text as it came, and the input that it came in: `q`, `paths[2].condition`. */
export interface Source {
  readonly text: string;
  readonly place: string;
}

/** @param offset in UTF-16 units; people get the character, from 1 */
export function invalidFilter({ text, place }: Source, offset: number, message: string, details: Details = {}) {
  const position = String(characters(text.slice(0, offset)) + 1);
  return new BadRequest('invalid-filter', `${place}, character ${position}: ${message}`, {
    field: place,
    position,
    ...details,
  });
}

const SHOWN = 60;

/** A piece of a filter, short enough for a message. */
export const shown = (piece: string): string => {
  const [...all] = piece;
  return all.length > SHOWN ? `${all.slice(0, SHOWN).join('')}…` : piece;
};
