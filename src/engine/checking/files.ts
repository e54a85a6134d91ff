/** Files against their checksums, piece by piece: no file need fit into memory. */
import { createHash } from 'node:crypto';
import type { Check, Ground } from '../../store/check/finding.ts';
import { pages } from '../../store/check/pages.ts';
import { tellDifferences } from './derived.ts';

const FILES_PER_PAGE = 50;
/** Of 256 KB each. */
const PIECES_AT_ONCE = 16;

async function checkBodies(ground: Ground): Promise<void> {
  for await (const page of pages(ground, 'file_bodies', FILES_PER_PAGE))
    for (const row of page) {
      const [sha256, md5] = [createHash('sha256'), createHash('md5')];
      for (let first = 0; ; first += PIECES_AT_ONCE) {
        const pieces = await ground.reader.files.chunks(row.team_id, row.body_id, first, PIECES_AT_ONCE);
        for (const piece of pieces) for (const hash of [sha256, md5]) hash.update(piece);
        if (pieces.length === 0) break;
      }
      tellDifferences(ground, 'file_bodies', row, { sha256: sha256.digest('hex'), md5: md5.digest('hex') });
    }
}

export const fileChecks: readonly Check[] = [{ name: 'files are what their checksums say', run: checkBodies }];
