import { describe, expect, it } from 'vitest';
import { pythonProgram } from './helpers/python.js';
import { type Ended, runExample } from './helpers/run-example.js';

async function runWell(file: string, args: readonly string[] = []): Promise<Ended> {
  const ended = await runExample(file, args);
  expect(ended.err).toBe('');
  expect(ended.code).toBe(0);
  expect(ended.left).toEqual([]);
  return ended;
}

describe('the examples', () => {
  it('square numbers in four workers', async () => {
    const { lines } = await runWell('task-queue.mjs');
    expect(lines).toEqual([
      ...[1, 2, 3, 4, 5, 6, 7, 8].map((value) => `${value} squared is ${value * value}`),
      '4 workers, exit codes 0 0 0 0',
    ]);
  });

  it('hold a conversation over a pipe in which values stay what they were', async () => {
    const { lines } = await runWell('parent-child-pipe.mjs');
    expect(lines).toEqual([
      'sent     hello',
      'received hello',
      "sent     { nested: [ 'lists', 1970-01-01T00:00:00.000Z ] }",
      "received { nested: [ 'lists', 1970-01-01T00:00:00.000Z ] }",
      'sent     12345678901234567890n',
      'received 12345678901234567890n',
      'the child ended with exit code 0',
    ]);
  });

  it('double an array and raise a counter in a child', async () => {
    const { lines } = await runWell('shared-memory.mjs');
    expect(lines).toEqual([
      'before: [1, 2, 3, 4, 5], counter 0',
      'after: [2, 4, 6, 8, 10], counter 10',
    ]);
  });

  it('count exactly with a lock and with atomic additions, and say what is lost without', async () => {
    const { out, lines } = await runWell('counters.mjs');
    const [, kept, lost] = /^unsafe: (\d+) \((\d+) lost\)$/m.exec(out) ?? [];
    expect(Number(kept)).toBeGreaterThan(0);
    expect(Number(kept) + Number(lost)).toBe(2_000_000);
    expect(lines[1]).toMatch(/^locked: 2000000 in \d+\.\d\d s$/);
    expect(lines[2]).toMatch(/^atomic: 2000000 in \d+\.\d\d s$/);
    expect(lines[3]).toMatch(/^atomic is \d+\.\d times as fast as locked$/);
    expect(lines).toHaveLength(4);
  });

  it('pass numbers through a pipeline of four processes', async () => {
    const { lines } = await runWell('pipeline.mjs');
    expect(lines).toEqual(['0 + 1 + 4 = 5', '9 + 16 + 25 = 50', '36 + 49 + 64 = 149', '81 = 81']);
  });

  it('share semaphores, memory and a list with a Python that has only its standard library', async () => {
    const { lines } = await runWell('plain-python/main.mjs', [pythonProgram]);
    expect(lines).toEqual(['lengths 9 6 0', 'list counted memory 2', 'permits left 0 0']);
  });

  it('end with the error of a Python that could not open what they share', async () => {
    const { code, err, left } = await runExample('plain-python/main.mjs', ['false']);
    expect([code, left]).toEqual([1, []]);
    expect(err).toContain('Python ended with 1');
  });

  it('measure what a million integers cost in each form', async () => {
    const { lines } = await runWell('serialisation.mjs');
    expect(lines.map((line) => line.slice(0, 22).trimEnd())).toEqual([
      'a million integers',
      'list, msgpack',
      'list, v8',
      'list, json',
      'bytes of an Int32Array',
      'SharedArray',
    ]);
    for (const line of lines.slice(1)) expect(line).toMatch(/\d\.\d MB +\d+\.\d ms +\d+\.\d ms$/);
  });
});
