/** The part of a reply that a property of the job takes. */
import { parsedJson, pointed, textAt } from '../json-pointer.ts';
import { type Done, type Failed, failed, keepable, type Reply } from './call-out.ts';

interface Keeping {
  readonly responseProperty?: string | undefined;
  readonly responsePointer?: string | undefined;
}

/** @returns undefined when nothing is kept; why not, when the reply does not have it */
export function keptPart({ responseProperty, responsePointer }: Keeping, reply: Reply): Done['property'] | Failed {
  if (!responseProperty) return undefined;
  const found = partOf(reply, responsePointer ?? '');
  if (typeof found === 'string') return { identifier: responseProperty, value: keepable(found) };
  return found ?? { identifier: responseProperty };
}

/** @param pointer '' for the whole body, whatever it is. @returns null for the null of JSON */
export function partOf({ body, isWhole, status }: Reply, pointer: string): string | null | Failed {
  if (!isWhole) return failed('the answer is longer than 1 MB', String(status));
  if (pointer === '') return body;
  const json = parsedJson(body);
  if (!json) return failed(`the answer is no JSON; ${pointer} was to be taken from it`, String(status));
  const value = pointed(json.value, pointer);
  if (value === undefined) return failed(`the answer has nothing at ${pointer}`, String(status));
  return value === null ? null : textAt(value);
}
