/** CPU time of processes. */
import { existsSync, readFileSync } from 'node:fs';

const TICKS_PER_SECOND = 100;

/** What a process has used so far, in user and kernel, all its threads; counted by the kernel in steps of 10 ms. undefined where there is no /proc. */
export function cpuMicroseconds(pid: number | undefined): number | undefined {
  if (pid === undefined || !existsSync(`/proc/${pid}/stat`)) return undefined;
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const [user, system] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13);
  return ((Number(user) + Number(system)) * 1_000_000) / TICKS_PER_SECOND;
}
