/** Definitions as tests send and compare them. */
import type { Kysely } from 'kysely';
import type { ListOptionParams, Metadata } from '#gen/metadata_types';
import { MetadataType, Owner } from '#gen/metadata_types';
import type { Clients } from '../../../src/services/generated.ts';
import type { Database, Row } from '../../../src/store/schema.ts';
import { rowsOf } from '../../support/rows.ts';
import type { TestUser } from '../../support/seed.ts';
import type { TestServer } from '../../support/server.ts';

export const metadataOf = (user: TestUser): Clients['MetadataService'] => user.connection.service('MetadataService');

/** A definition to send: what a client leaves out is left out. */
export const defined = (key: string, more: Partial<Metadata> = {}): Metadata =>
  ({ key, type: MetadataType.TEXT, owner: Owner.JOB_TEMPLATE, ...more }) as Metadata;

export const listOf = (key: string, options: string[], more: Partial<Metadata> = {}): Metadata =>
  defined(key, { type: MetadataType.LIST, constraints: { listOptions: { options } }, ...more });

export const params = (given: Partial<ListOptionParams> = {}): ListOptionParams => given as ListOptionParams;

/** An answer without its unset fields, which the classes of Thrift have as null. */
export const plain = <T>(answer: T): T => JSON.parse(JSON.stringify(answer, (_, value) => value ?? undefined)) as T;

let keys = 0;
export const nextKey = (): string => `Key ${++keys}`;

export const optionsOf = (metadata: Metadata): string[] => metadata.constraints.listOptions!.options;
export const idsOf = (metadata: Metadata): string[] => metadata.constraints.listOptions!.valueIds!;

export const auditOf = async (server: TestServer, metadataId: string) =>
  (await rowsOf(server, 'audit_events'))
    .filter(row => row.subject_id === metadataId)
    .sort((a, b) => (a.audit_id < b.audit_id ? -1 : 1))
    .map(({ team_id, actor_id, action, details }) => ({ team_id, actor_id, action, details: JSON.parse(details) }));

/** Past the interface: what no client can write. */
export const changedRow = (server: TestServer, metadataId: string, change: Partial<Row<'metadata_definitions'>>) =>
  server.store.transact(async tx => {
    const { db } = tx.metadata as unknown as { db: Kysely<Database> };
    await db.updateTable('metadata_definitions').set(change).where('metadata_id', '=', metadataId).execute();
  });
