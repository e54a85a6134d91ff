/** How long a process that ended is left before it is begun again. */
import { expect, test } from '@jest/globals';
import { RestartPauses } from '../../../src/server/processes/restart-pauses.ts';

test('pauses double up to half a minute, and begin anew behind a process that has lasted', () => {
  const pauses = new RestartPauses();
  const seen = Array.from({ length: 11 }, () => pauses.after(2000));
  expect(seen).toEqual([100, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000]);
  expect(pauses.after(60_000)).toBe(100);
  expect(pauses.after(0)).toBe(200);
});
