/** The server's own keys: what it signs for itself, and for those that it calls. Migrations make them, once. */
import { createSecretKey, type KeyObject } from 'node:crypto';
import type { Kysely } from 'kysely';
import { LRUCache } from 'lru-cache';
import { compiledOnce } from './compiled.ts';
import type { Engine } from './engine.ts';
import type { Database, Row } from './schema.ts';

export type Purpose = 'attachment-address' | 'cursor' | 'page' | 'webhook';

const secrets = compiledOnce<{ purpose: Purpose }, Pick<Row<'signing_keys'>, 'secret'>>(
  ['purpose'],
  (db, _engine, { purpose }) => db.selectFrom('signing_keys').select('secret').where('purpose', '=', purpose),
);

export async function signingKey(db: Kysely<Database>, engine: Engine, purpose: Purpose): Promise<KeyObject> {
  const [row] = await secrets(db, engine, { purpose });
  if (!row) throw new Error(`the key for ${purpose} is missing; restore the database from a backup`);
  return keyOf(row.secret);
}

const KEYS_KEPT = 32;
const keys = new LRUCache<string, KeyObject>({ max: KEYS_KEPT });

/** Getting a key ready takes several times as long as signing with it. */
function keyOf(secret: Buffer): KeyObject {
  const name = secret.toString('latin1');
  const known = keys.get(name);
  if (known) return known;
  const key = createSecretKey(secret);
  keys.set(name, key);
  return key;
}
