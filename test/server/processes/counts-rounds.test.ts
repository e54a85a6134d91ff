/** What several workers have counted comes together at the one that asks. */
import { beforeEach, expect, test } from '@jest/globals';
import { type Counting, CountsRounds } from '../../../src/server/processes/counts-rounds.ts';

class Worker implements Counting {
  readonly asked: number[] = [];
  readonly answers: [number, readonly object[][]][] = [];

  askCounts(round: number): void {
    this.asked.push(round);
  }

  tellCounts(id: number, counts: readonly object[][]): void {
    this.answers.push([id, counts]);
  }
}

let rounds: CountsRounds;
let [a, b, c]: [Worker, Worker, Worker] = [new Worker(), new Worker(), new Worker()];

beforeEach(() => {
  rounds = new CountsRounds();
  [a, b, c] = [new Worker(), new Worker(), new Worker()];
  for (const worker of [a, b, c]) rounds.join(worker);
});

const counts = (name: string): object[] => [{ name }];

test('all others are asked, and the answer has what each has told', () => {
  rounds.ask(a, 7);
  expect([a.asked, b.asked, c.asked].map(({ length }) => length)).toEqual([0, 1, 1]);
  rounds.told(b, b.asked[0]!, counts('b'));
  expect(a.answers).toEqual([]);
  rounds.told(c, c.asked[0]!, counts('c'));
  expect(a.answers).toEqual([[7, [counts('b'), counts('c')]]]);
});

test('rounds at once do not mix', () => {
  rounds.ask(a, 1);
  rounds.ask(b, 1);
  rounds.told(c, c.asked[1]!, counts('c for b'));
  rounds.told(a, a.asked[0]!, counts('a for b'));
  expect(b.answers).toEqual([[1, [counts('c for b'), counts('a for b')]]]);
  expect(a.answers).toEqual([]);
});

test('who is alone is answered at once', () => {
  rounds.leave(b);
  rounds.leave(c);
  rounds.ask(a, 1);
  expect(a.answers).toEqual([[1, []]]);
});

test('who ends meanwhile is not waited for, and what it tells twice or too late counts for nothing', () => {
  rounds.ask(a, 1);
  rounds.told(b, b.asked[0]!, counts('b'));
  rounds.told(b, b.asked[0]!, counts('b again'));
  rounds.leave(c);
  rounds.told(c, c.asked[0]!, counts('c'));
  expect(a.answers).toEqual([[1, [counts('b')]]]);
});

test('who asked and ended is told nothing', () => {
  rounds.ask(a, 1);
  rounds.leave(a);
  for (const worker of [b, c]) rounds.told(worker, worker.asked[0]!, counts('late'));
  expect(a.answers).toEqual([]);
});
