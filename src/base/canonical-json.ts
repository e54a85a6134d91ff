/**
 * Canonical JSON: the keys of objects in the order of their UTF-16 units, nothing that is undefined. Equal content has equal text, and
 * with it equal hashes.
 *
 * safe-stable-stringify writes the same of content (a test holds one against the other), but also looks for what content never has: values with a
 * `toJSON`, circles, numbers beyond JSON's. For the steps of an edit it takes twice the time and leaves twice the garbage.
 */

/**
 * @returns undefined for undefined
 * @throws TypeError for what JSON has no word for
 */
export function canonicalJson(value: object): string;
export function canonicalJson(value: unknown): string | undefined;
export function canonicalJson(value: unknown): string | undefined {
  if (isInOrder(value)) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${Array.from(value, element => canonicalJson(element) ?? 'null').join()}]`;
  if (typeof value === 'object' && value !== null) return canonicalObject(value as Readonly<Record<string, unknown>>);
  if (typeof value !== 'number' || Number.isFinite(value)) return primitiveText(value);
  throw new TypeError(`${value} cannot be put into JSON`);
}

/** Whether plain JSON is canonical JSON already, as it is of content that was put in order when it came. */
function isInOrder(value: unknown): boolean {
  if (typeof value !== 'object')
    return typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value);
  if (value === null) return true;
  if (Array.isArray(value)) return value.every(isInOrder);
  let before: string | undefined;
  for (const name of Object.keys(value)) {
    if (before !== undefined && before > name) return false;
    if (!isInOrder((value as Readonly<Record<string, unknown>>)[name])) return false;
    before = name;
  }
  return true;
}

/** @throws TypeError for what JSON has no word for */
function primitiveText(value: unknown): string | undefined {
  const text = JSON.stringify(value);
  if (text === undefined && value !== undefined) throw new TypeError(`a ${typeof value} cannot be put into JSON`);
  return text;
}

const canonicalObject = (value: Readonly<Record<string, unknown>>): string =>
  objectText(value, name => canonicalJson(value[name]));

/** Of an object whose fields have these texts; those without one are left out. */
export function objectText(value: object, textOf: (name: string) => string | undefined): string {
  let fields = '';
  for (const name of Object.keys(value).sort()) {
    const text = textOf(name);
    if (text !== undefined) fields += `${fields && ','}${JSON.stringify(name)}:${text}`;
  }
  return `{${fields}}`;
}
