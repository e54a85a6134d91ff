/** The Range header (RFC 9110, 14): the one part of a file that a request asks for. */

/** From the byte `from` up to and without the byte `to`. */
export interface ByteRange {
  readonly from: number;
  readonly to: number;
}

/**
 * @param size of the whole file
 * @returns 'unsatisfiable' when the file has no such part; undefined when there is no header, or one that may be disregarded: another
 *   unit, several ranges, none that makes sense
 */
export function byteRange(header: string | undefined, size: number): ByteRange | 'unsatisfiable' | undefined {
  const [, first, last] = /^bytes=\s*(\d{0,15})-(\d{0,15})\s*$/i.exec(header ?? '') ?? [];
  if (first === undefined || last === undefined || first + last === '') return undefined;
  if (first === '') {
    const length = Math.min(Number(last), size);
    return length === 0 ? 'unsatisfiable' : { from: size - length, to: size };
  }
  if (last !== '' && Number(last) < Number(first)) return undefined;
  if (Number(first) >= size) return 'unsatisfiable';
  return { from: Number(first), to: last === '' ? size : Math.min(Number(last) + 1, size) };
}
