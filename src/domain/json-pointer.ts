/** JSON as services answer it, and JSON pointers (RFC 6901) into it. */

/** Whether a text is a pointer: empty for the whole, else each step behind a `/`; `~0` stands for `~`, `~1` for `/`. */
export const isPointer = (pointer: string): boolean => /^(\/([^~/]|~[01])*)*$/.test(pointer);

type Reviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown;

/** Whole numbers beyond 2^53, which a number does not hold, stay the texts that they were. */
const keepingDigits: Reviver = (_, value, { source }) =>
  typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(source ?? '') ? source : value;

/** @returns undefined for a text that is no JSON */
export function parsedJson(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text, keepingDigits as Parameters<typeof JSON.parse>[1]) };
  } catch {
    return undefined;
  }
}

/** @returns undefined where the pointer leads nowhere */
export function pointed(whole: unknown, pointer: string): unknown {
  let value = whole;
  for (const step of pointer.split('/').slice(1)) {
    const key = step.replaceAll('~1', '/').replaceAll('~0', '~');
    if (Array.isArray(value)) value = /^(0|[1-9]\d*)$/.test(key) ? value[Number(key)] : undefined;
    else if (value !== null && typeof value === 'object' && Object.hasOwn(value, key))
      value = (value as Record<string, unknown>)[key];
    else return undefined;
  }
  return value;
}

/** What stands for a value where a text is kept: a text itself, JSON for an object or a list, '' for null. */
export function textAt(value: unknown): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
