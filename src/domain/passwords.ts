/** Passwords that are guessed first, however long they are. */
import { sameName } from '../base/text.ts';

/** The commonest of ten characters and more, without what people put before and behind them. */
const COMMON = new Set(
  `password passwort administrator qwertyuiop qwertzuiop asdfghjkl letmein welcome iloveyou sunshine princess football
   baseball superman trustno1 changeme jobwright 1q2w3e4r5t 1qaz2wsx3edc q1w2e3r4t5 zaq12wsx qazwsxedc abcdefghij`.split(
    /\s+/,
  ),
);

/** @returns what makes it easy to guess, without repeating it; undefined when nothing does */
export function weakness(password: string, whose: readonly string[] = []): string | undefined {
  const plain = sameName(password);
  if (whose.some(name => name !== '' && sameName(name) === plain)) return 'the name or the e-mail address';
  if (new Set(plain).size < 4) return 'made of fewer than four different characters';
  if (isRow(plain)) return 'a row of neighbouring characters';
  const core = plain.replace(/^[\d\W_]+|[\d\W_]+$/g, '');
  return COMMON.has(plain) || COMMON.has(core) ? 'one of the commonest' : undefined;
}

/** "1234567890", "abcdefghijkl", and the same backwards. */
function isRow(text: string): boolean {
  const codes = [...text].map(character => character.codePointAt(0)!);
  const steps = codes.slice(1).map((code, index) => code - codes[index]!);
  return [1, -1].some(step => steps.every(taken => taken === step || taken === -9 * step));
}
