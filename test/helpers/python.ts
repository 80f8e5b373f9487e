import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';

export const pythonProgram =
  ['/usr/bin/python3', '/usr/local/bin/python3'].find(existsSync) ?? 'python3';

/** What every script begins with: `opened(Class, name)` attaches without Python's tracker, which would remove our memory at exit. */
const prelude = `
import json, sys
from multiprocessing import resource_tracker
from multiprocessing.shared_memory import SharedMemory, ShareableList

def untracked(memory):
    resource_tracker.unregister(memory._name, 'shared_memory')
    return memory

def opened(Class, name):
    made = Class(name=name)
    untracked(made.shm if Class is ShareableList else made)
    return made

def say(value):
    print(json.dumps(value), flush=True)
`;

export interface Python {
  readonly child: ChildProcess;
  /** The next value that the script says. */
  said<T = unknown>(): Promise<T>;
  /** Lets a script go on that reads a line. */
  go(): void;
  ended: Promise<number | null>;
}

/** Runs a script of the system's Python. What it writes to its standard error is an error of the test. */
export function runPython(script: string, ...args: readonly string[]): Python {
  const child = spawn(pythonProgram, ['-c', prelude + script, ...args], { stdio: 'pipe' });
  const lines: string[] = [];
  let waiting: (() => void) | undefined;
  let errors = '';
  let over = false;
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line);
    waiting?.();
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      over = true;
      waiting?.();
      resolve(code);
    });
  });
  return {
    child,
    ended,
    go: () => child.stdin.write('\n'),
    async said<T>() {
      while (lines.length === 0) {
        if (over) throw new Error(`the script said no more\n${errors}`);
        await new Promise<void>((resolve) => {
          waiting = resolve;
        });
      }
      return JSON.parse(lines.shift() as string) as T;
    },
  };
}

/** What a script says before it ends well. */
export async function answerOfPython<T>(script: string, ...args: readonly string[]): Promise<T> {
  const python = runPython(script, ...args);
  const answer = await python.said<T>();
  const code = await python.ended;
  if (code !== 0) throw new Error(`Python ended with ${code}`);
  return answer;
}
