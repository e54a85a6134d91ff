/**
 * Searching by words: what a search text asks for, and the form in which texts are kept to be searched.
 *
 * Words are letters and digits in a row, compared as names are (base/text.ts) and by their first 60 characters. A term is a word, or
 * in single quotes a phrase: words that follow each other within one text. The last word of a term may go on: `valv` finds `valve`.
 * Quotes count where a phrase begins or ends, not within a word.
 */
import { BadRequest } from '../base/errors.ts';
import { searchWords } from '../base/text.ts';
import { bounded } from './limits.ts';

const LONGEST_SEARCH = 1000;
const MOST_TERMS = 20;
const LONGEST_WORD = 60;

/** The words of a term. */
export type Term = readonly string[];

/** @returns each term once, at least one. @throws BadRequest (400) */
export function searchTerms(field: string, text: string): Term[] {
  const phrases = [...bounded(field, text, LONGEST_SEARCH).matchAll(/(?<=^|\s)'([^']*)'(?=\s|$)|\S+/g)];
  const terms = phrases.flatMap(([all, phrase]) => {
    const words = wordsOf(phrase ?? all);
    if (phrase === undefined) return words.map(word => [word]);
    return words.length > 0 ? [words] : [];
  });
  const each = [...new Map(terms.map(term => [term.join(' '), term])).values()];
  if (each.length === 0)
    throw new BadRequest(
      'invalid-argument',
      `${field}: "${text.slice(0, 80)}" has no word; expected letters or digits`,
      {
        field,
      },
    );
  if (each.length > MOST_TERMS)
    throw new BadRequest('limit-exceeded', `${field}: ${each.length} words and phrases; at most ${MOST_TERMS}`, {
      limit: String(MOST_TERMS),
      found: String(each.length),
    });
  return each;
}

/** What texts are kept by to be searched: the words of each, each word behind a space, a line for each text. */
export const searchedText = (texts: readonly (string | null | undefined)[]): string =>
  texts
    .map(text => wordsOf(text ?? ''))
    .filter(words => words.length > 0)
    .map(words => ` ${words.join(' ')}`)
    .join('\n');

/** Whether a text that is kept has the term. */
export const hasTerm = (searched: string, term: Term): boolean => searched.includes(` ${term.join(' ')}`);

const wordsOf = (text: string): string[] =>
  searchWords(text).map(word => (word.length > LONGEST_WORD ? [...word].slice(0, LONGEST_WORD).join('') : word));
