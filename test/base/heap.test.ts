/** The heap of a server, in a process of its own that makes garbage all the time. */
import { execFile } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';

/** Megabytes of the young generation after two seconds of work; some of what is made lives for a while. */
async function youngMegabytes(begin: string): Promise<number> {
  const program = `
    import v8 from 'node:v8';
    ${begin}
    let kept = [];
    const ends = Date.now() + 2000;
    while (Date.now() < ends) {
      for (let n = 0; n < 2000; n++) kept.push({ n, text: 'x' + n });
      if (kept.length > 60_000) kept = [];
      await new Promise(setImmediate);
    }
    const space = v8.getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space');
    process.stdout.write(String(space.space_size / 2 ** 20));`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program]);
  return Number(stdout);
}

test('the young generation grows once, to a quarter of what it would be', async () => {
  const heap = pathToFileURL('src/base/heap.ts').href;
  const small = await youngMegabytes(`import { keepHeapSmall } from ${JSON.stringify(heap)}; keepHeapSmall();`);
  expect(small).toBeGreaterThanOrEqual(4);
  expect(small).toBeLessThanOrEqual(16);
  expect(await youngMegabytes('')).toBeGreaterThanOrEqual(2 * small);
});
