import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { pythonProgram } from './helpers/python.js';

const main = fileURLToPath(new URL('../examples/image-service/main.mjs', import.meta.url));
const drawing = new URL('../examples/image-service/image.mjs', import.meta.url).href;
const patienceMs = 60_000;
const headerBytes = 54;

interface Shape {
  readonly width: number;
  readonly height: number;
  readonly seed: number;
}

const services: ChildProcess[] = [];

afterEach(async () => {
  for (const service of services.splice(0)) {
    if (service.exitCode !== null || service.signalCode !== null) continue;
    const exit = once(service, 'exit');
    service.kill('SIGTERM');
    // Of a test that failed it may wait for what never comes. Its workers are daemons: they end with it.
    const timer = setTimeout(() => service.kill('SIGKILL'), patienceMs / 2);
    await exit;
    clearTimeout(timer);
  }
});

class Service {
  readonly process: ChildProcess;
  #url = '';
  errors = '';

  constructor(args: readonly string[]) {
    this.process = spawn(
      process.execPath,
      [main, '--port', '0', '--python', pythonProgram, ...args],
      {
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    services.push(this.process);
    this.process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.errors += text;
    });
  }

  async ready(workers: number): Promise<this> {
    const lines = createInterface({ input: this.process.stdout as NodeJS.ReadableStream });
    const [line] = (await once(lines, 'line')) as [string];
    this.#url = new URL(line.trim()).origin;
    await this.until(async () => (await this.workers()).length === workers);
    return this;
  }

  get(path: string): Promise<Response> {
    return fetch(this.#url + path);
  }

  image({ width, height, seed }: Shape, times = 1): Promise<Response> {
    return this.get(`/image?width=${width}&height=${height}&seed=${seed}&times=${times}`);
  }

  async workers(): Promise<number[]> {
    return ((await (await this.get('/health')).json()) as { workers: number[] }).workers;
  }

  async metric(name: string): Promise<number> {
    const text = await (await this.get('/metrics')).text();
    const line = text.split('\n').find((one) => one.startsWith(`${name} `));
    return Number(line?.slice(name.length));
  }

  async until(condition: () => Promise<boolean>): Promise<void> {
    const deadline = performance.now() + patienceMs;
    while (!(await condition())) {
      if (performance.now() > deadline) throw new Error(`it did not come to that\n${this.errors}`);
      await delay(5);
    }
  }

  /** The files in shared memory that it has mapped. */
  files(): string[] {
    const maps = readFileSync(`/proc/${this.process.pid}/maps`, 'utf8');
    return [...new Set(maps.match(/\/dev\/shm\/\S+/g))];
  }
}

const started = (workers: number, ...args: string[]) =>
  new Service(['--workers', String(workers), ...args]).ready(workers);

async function drawn(shape: Shape): Promise<Uint8Array> {
  const { draw } = (await import(drawing)) as { draw: (pixels: Uint8Array, shape: Shape) => void };
  const pixels = new Uint8Array(shape.width * shape.height * 4);
  draw(pixels, shape);
  return pixels;
}

/** What worker.py makes of an image. */
async function edges(shape: Shape): Promise<Uint8Array> {
  const { width, height } = shape;
  const pixels = await drawn(shape);
  return pixels.map((value, at) => {
    const [x, y] = [(at >> 2) % width, Math.floor((at >> 2) / width)];
    const differs = (step: number) => Math.abs(value - (pixels[at + step] as number));
    return Math.max(x + 1 < width ? differs(4) : 0, y + 1 < height ? differs(4 * width) : 0);
  });
}

async function pixelsOf(response: Response): Promise<Uint8Array> {
  expect(response.status).toBe(200);
  return new Uint8Array(await response.arrayBuffer()).subarray(headerBytes);
}

function isGone(pid: number): boolean {
  try {
    // A child that nobody waits for any more, since its parent is gone, may still be there for a moment.
    return readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return true;
  }
}

const large = { width: 1024, height: 1024, seed: 5 };

describe('the image service', () => {
  it('answers with what NumPy made of the image, and refuses what is none', async () => {
    const service = await started(1);
    const shape = { width: 61, height: 47, seed: 3 };
    const response = await service.image(shape);
    expect(response.headers.get('content-type')).toBe('image/bmp');
    expect(await pixelsOf(response)).toEqual(await edges(shape));
    for (const query of ['width=0', 'height=5000', 'width=2.5', 'seed=-1', 'times=x']) {
      expect((await service.get(`/image?${query}`)).status, query).toBe(400);
    }
    expect((await service.get('/other')).status).toBe(404);
    expect(service.errors).toBe('');
  });

  it('says 503 and when to come again while the queue is full, and its depth in its metrics', async () => {
    const service = await started(1, '--depth', '3');
    await pixelsOf(await service.image(large)); // the worker is there
    const [worker] = (await service.workers()) as [number];
    process.kill(worker, 'SIGSTOP');
    const queued = [1, 2, 3].map((seed) => service.image({ ...large, seed }));
    await service.until(async () => (await service.metric('image_queue_depth')) === 3);
    const refused = await service.image(large);
    expect(refused.status).toBe(503);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await service.metric('image_queue_limit')).toBe(3);
    expect(await service.metric('image_requests_total{status="503"}')).toBe(1);
    process.kill(worker, 'SIGCONT');
    for (const [index, response] of (await Promise.all(queued)).entries()) {
      const expected = await edges({ ...large, seed: index + 1 });
      expect(Buffer.compare(await pixelsOf(response), expected)).toBe(0);
    }
    expect(await service.metric('image_queue_depth')).toBe(0);
    expect(await service.metric('image_requests_total{status="200"}')).toBe(4);
  });

  it('loses no request when a worker is killed in the middle of it', async () => {
    const service = await started(2);
    const [first, second] = [6, 7].map((seed) => service.image({ ...large, seed }, 200));
    await service.until(async () => (await service.metric('images_in_progress')) === 2);
    const [victim] = (await service.workers()) as [number];
    process.kill(victim, 'SIGKILL');
    const responses = await Promise.all([first, second] as Promise<Response>[]);
    for (const [index, response] of responses.entries()) {
      const expected = await edges({ ...large, seed: 6 + index });
      expect(Buffer.compare(await pixelsOf(response), expected)).toBe(0);
    }
    const attempts = responses.map((response) => Number(response.headers.get('x-attempts')));
    expect(Math.max(...attempts)).toBeGreaterThan(1);
    expect(await service.metric('image_worker_restarts_total')).toBe(1);
    expect(await service.metric('image_retries_total')).toBeGreaterThan(0);
    await service.until(async () => (await service.workers()).length === 2);
    expect(await service.workers()).not.toContain(victim);
  });

  it('gets every answer right under load, while workers are killed one after the other', async () => {
    const service = await started(2, '--depth', '4');
    const shape = { width: 320, height: 200 };
    let answered = 0;
    let refused = 0;
    const expected = await Promise.all([0, 1, 2, 3].map((seed) => edges({ ...shape, seed })));
    const client = async (seed: number) => {
      for (let done = 0; done < 25; ) {
        const response = await service.image({ ...shape, seed }, 5);
        if (response.status === 503) {
          refused++;
          await response.arrayBuffer();
          await delay(5); // sooner than it asks for: this is the load
          continue;
        }
        expect(Buffer.compare(await pixelsOf(response), expected[seed] as Uint8Array)).toBe(0);
        answered++;
        done++;
      }
    };
    const clients = Promise.all([0, 1, 2, 3, 0, 1, 2, 3].map(client));
    const victims: number[] = [];
    while (victims.length < 3) {
      let workers: number[] = [];
      await service.until(async () => {
        workers = await service.workers();
        // One that was killed is listed until its parent has seen that it is gone.
        const allNew = workers.length === 2 && !workers.some((pid) => victims.includes(pid));
        return allNew && answered >= 40 * (victims.length + 1);
      });
      const victim = workers[victims.length % 2] as number;
      process.kill(victim, 'SIGKILL');
      victims.push(victim);
    }
    await clients;
    expect(answered).toBe(200);
    expect(await service.metric('image_requests_total{status="200"}')).toBe(200);
    expect(refused).toBeGreaterThan(0);
    await service.until(async () => (await service.metric('image_worker_restarts_total')) === 3);
  });

  it('gives up on an image that ends every worker, and only on that', async () => {
    const service = await started(1);
    const response = service.image(large, 1e6); // longer than anybody waits
    for (let killed = 0; killed < 4; killed++) {
      await service.until(async () => {
        const restarts = await service.metric('image_worker_restarts_total');
        return restarts === killed && (await service.metric('images_in_progress')) === 1;
      });
      process.kill((await service.workers())[0] as number, 'SIGKILL');
    }
    expect((await response).status).toBe(500);
    const shape = { width: 10, height: 10, seed: 1 };
    expect(await pixelsOf(await service.image(shape))).toEqual(await edges(shape));
  });

  it('sends the whole of an answer that was on its way when SIGTERM came', async () => {
    const service = await started(1);
    const response = await service.image(large);
    // More is left than the kernel holds: nothing of the body was read yet.
    service.process.kill('SIGTERM');
    const refused = () =>
      service.get('/health').then(
        () => false,
        () => true,
      );
    await service.until(refused);
    const expected = await edges(large);
    expect(Buffer.compare(await pixelsOf(response), expected)).toBe(0);
  });

  it('answers what it has accepted after SIGTERM, and leaves nothing behind', async () => {
    const service = await started(2);
    const accepted = [1, 2, 3, 4].map((seed) => service.image({ ...large, seed }, 20));
    await service.until(async () => (await service.metric('images_in_progress')) === 2);
    const workers = await service.workers();
    const files = service.files();
    expect(files.length).toBeGreaterThan(1);
    const exit = once(service.process, 'exit');
    service.process.kill('SIGTERM');
    for (const response of await Promise.all(accepted)) await pixelsOf(response);
    expect(await exit).toEqual([0, null]);
    expect(files.filter((file) => existsSync(file))).toEqual([]);
    await service.until(async () => workers.every(isGone));
    expect(service.errors).toBe('');
  });
});
