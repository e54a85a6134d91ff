/** What holds for files whatever shows them: their names, media types and sizes, and the addresses of links. */
import { MAX_NAME_LENGTH } from '#gen/common_types';
import { BadRequest } from '../base/errors.ts';
import { unseenIn } from '../base/text.ts';
import { bounded } from './limits.ts';

export const UNKNOWN_TYPE = 'application/octet-stream';

/** @returns the name. @throws BadRequest (400) when it is empty, too long or names a folder */
export function fileName(field: string, name: string): string {
  if (name.trim() === '') throw unfit(field, name, `the name of a file, 1 to ${MAX_NAME_LENGTH} characters`);
  bounded(field, name, MAX_NAME_LENGTH);
  const unseen = unseenIn(name) !== undefined;
  if (unseen) throw unfit(field, name, 'a name without control characters, line ends or marks of direction');
  if (/[/\\]/.test(name) || /^\.\.?$/.test(name)) throw unfit(field, name, 'the name of a file without folders');
  return name;
}

const TOKEN = /^[a-z0-9!#$&^_.+-]+\/[a-z0-9!#$&^_.+-]+$/;

/** @returns type and subtype in lower case, without parameters. @throws BadRequest (400) */
export function mediaType(field: string, text: string): string {
  bounded(field, text, MAX_NAME_LENGTH);
  const type = text.split(';', 1)[0]!.trim().toLowerCase();
  if (TOKEN.test(type)) return type;
  throw unfit(field, text, 'a media type such as image/png');
}

const LONGEST_ADDRESS = 2000;

/** @returns the address as given. @throws BadRequest (400) when it is none of http, https or file */
export function linkAddress(field: string, address: string): string {
  bounded(field, address, LONGEST_ADDRESS);
  const protocol = URL.canParse(address) ? new URL(address).protocol : '';
  if (['http:', 'https:', 'file:'].includes(protocol)) return address;
  throw unfit(field, address, 'an address that begins with http://, https:// or file://');
}

/** @returns the address as given. @throws BadRequest (400) when it is neither http nor https */
export function webAddress(field: string, address: string): string {
  bounded(field, address, LONGEST_ADDRESS);
  const protocol = URL.canParse(address) ? new URL(address).protocol : '';
  if (['http:', 'https:'].includes(protocol)) return address;
  throw unfit(field, address, 'an address that begins with http:// or https://');
}

/** @throws BadRequest (400) when a file has more bytes than files may have */
export function checkSize(field: string, bytes: number, most: number): void {
  if (bytes <= most) return;
  throw new BadRequest('limit-exceeded', `${field}: ${bytes} bytes or more; a file may have ${most}`, {
    field,
    limit: String(most),
    found: String(bytes),
  });
}

const unfit = (field: string, value: string, right: string): BadRequest =>
  new BadRequest('invalid-argument', `${field}: ${JSON.stringify(value.slice(0, 80))}; expected ${right}`, { field });
