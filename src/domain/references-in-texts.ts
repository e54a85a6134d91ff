/**
 * Texts with references: `${name}` stands for a value of the job, `$$` for one dollar sign. Any other dollar sign stands for itself.
 */
import type { FieldType, Value } from './filter/filter.ts';

/** Where the text goes, which decides how a value is written into it. */
export type TextForm = 'plain' | 'url' | 'json';

const REFERENCE = /\$\$|\$\{([^{}]*)\}/g;

/** The names that a text refers to, in their order. */
export const namesIn = (text: string): string[] =>
  [...text.matchAll(REFERENCE)].flatMap(([, name]) => (name === undefined ? [] : [name.trim()]));

/** Whether a `${` stands in the text that no `}` ends. */
export const hasOpenReference = (text: string): boolean => text.replace(REFERENCE, '').includes('${');

/** Whether the text is the same whatever the job. */
export const isLiteral = (text: string): boolean => namesIn(text).length === 0;

const written: Readonly<Record<TextForm, (value: string) => string>> = {
  plain: value => value,
  url: value => encodeURIComponent(value.toWellFormed()),
  // Within the quotes that the author wrote around it.
  json: value => JSON.stringify(value).slice(1, -1),
};

/** @param textOf the value of a name; '' for none */
export const filledIn = (text: string, form: TextForm, textOf: (name: string) => string): string =>
  text.replace(REFERENCE, (_, name: string | undefined) =>
    name === undefined ? '$' : written[form](textOf(name.trim())),
  );

/** What stands for a value in a text: moments in ISO 8601 and UTC, truth values as true and false, '' for none. */
export function valueText(type: FieldType, value: Value): string {
  if (value === null || value === undefined) return '';
  if (type === 'dateTime' || type === 'timestampOffset') return new Date(value as number).toISOString();
  if (type === 'boolean') return value === true || value === 1 ? 'true' : 'false';
  return String(value);
}
