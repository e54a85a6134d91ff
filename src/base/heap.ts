/**
 * Keeps the heap of a server small. V8 takes memory for cheap: its young generation grows to three times 16 MB while modules are loaded,
 * and the old one to a multiple of what lives in it. A server that shall stand beside others on a small machine does with a quarter of
 * that, for a tenth more time in writes that make much garbage.
 *
 * There is no setting of V8 for it that can be given to a process that runs; but how much the young generation grows by can. It
 * stays at 1 MB until everything is loaded, and then grows once.
 */
import { PerformanceObserver } from 'node:perf_hooks';
import v8 from 'node:v8';

/** The two halves of the young generation together, once it has grown. */
const YOUNG_MEGABYTES = 8;
/** The old generation is collected when it has grown by so much. */
const OLD_GROWS_BY_PERCENT = 40;
/** Everything is loaded by then. */
const LOADED_MS = 1000;

export function keepHeapSmall(): void {
  v8.setFlagsFromString(`--heap-growing-percent=${OLD_GROWS_BY_PERCENT}`);
  youngGrowsBy(1);
  setTimeout(letYoungGrowOnce, LOADED_MS).unref();
}

function letYoungGrowOnce(): void {
  youngGrowsBy(4);
  const afterCollection = new PerformanceObserver(() => {
    if (youngMegabytes() < YOUNG_MEGABYTES) return;
    youngGrowsBy(1);
    afterCollection.disconnect();
  });
  afterCollection.observe({ entryTypes: ['gc'] });
}

const youngGrowsBy = (factor: number): void => v8.setFlagsFromString(`--semi-space-growth-factor=${factor}`);

const youngMegabytes = (): number =>
  v8.getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space')!.space_size / 2 ** 20;
