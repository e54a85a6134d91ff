/** How V8 compiles what runs often, seen in a process of its own by V8's own word for it. */
import { execFile } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';

interface Compiled {
  /** Runs of the function before it was compiled for speed. */
  readonly runs: number;
  /** Whether the compiler in between had it. */
  readonly isTwice: boolean;
}

async function compiled(begin: string): Promise<Compiled> {
  const program = `
    ${begin}
    const [WEAKER, FOR_SPEED] = [1 << 5, 1 << 6];
    const cell = { value: 0 };
    const work = n => { cell.value = (cell.value + n * 7) % 1001; return String(cell.value).length; };
    let [runs, isTwice] = [0, false];
    for (let status = 0; (status & FOR_SPEED) === 0 && runs < 200_000; status = %GetOptimizationStatus(work)) {
      isTwice ||= (status & WEAKER) !== 0;
      work(runs++);
      if (runs % 50 === 0) await new Promise(setImmediate);
    }
    process.stdout.write(JSON.stringify({ runs, isTwice }));`;
  // It runs on only when it is compiled, so that a busy machine counts no more runs.
  const v8 = ['--allow-natives-syntax', '--no-concurrent-recompilation'];
  const options = [...v8, '--input-type=module', '--eval', program];
  return JSON.parse((await promisify(execFile)(process.execPath, options)).stdout) as Compiled;
}

test('a function is compiled for speed after fewer runs, and only once', async () => {
  const compiling = pathToFileURL('src/base/compiling.ts').href;
  const early = await compiled(`import { compileEarly } from ${JSON.stringify(compiling)}; compileEarly();`);
  const otherwise = await compiled('');
  expect(early.isTwice).toBe(false);
  expect(otherwise.isTwice).toBe(true);
  expect(early.runs).toBeLessThan(otherwise.runs);
});
