/** After the PostgreSQL project: ends the server that was started for it. */
import type { Cluster } from '../support/cluster.ts';

export default async function stop(): Promise<void> {
  await (globalThis as { testCluster?: Cluster }).testCluster?.remove();
}
