/** What kind of file it is: what its first bytes say; where they say nothing, what the sender says. */
import { fileTypeFromBuffer } from 'file-type';
import { UNKNOWN_TYPE } from '../../domain/files.ts';

/** Types of formats that others are built on: what the sender says is the better answer. */
const CONTAINERS = ['application/zip', 'application/x-cfb', 'application/xml'];

/**
 * @param beginning the first 64 KB, or all of a shorter file
 * @param said the type that the sender says, UNKNOWN_TYPE for none
 */
export async function typeOf(beginning: Buffer, said: string): Promise<string> {
  // A copy: what is handed out is looked at only while it is good.
  const found = (await fileTypeFromBuffer(Uint8Array.from(beginning)))?.mime;
  return found === undefined || (CONTAINERS.includes(found) && said !== UNKNOWN_TYPE) ? said : found;
}
