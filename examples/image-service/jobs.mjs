// Images on their way: through one queue to whichever worker is free, and back through another.
//
// Puts are numbered, and a queue is first in, first out: of n puts with k images still queued, the first n - k were taken. When a
// worker dies, every image whose last put was taken and not answered is put again, with a new number: one of them was the dead
// one's, and which one nobody alive can tell. The first answer to an image counts, so work that was done twice is only that.
import { Queue } from 'interproc';
import { bytesPerPixel, draw, largestSide } from './image.mjs';

/** An image that ends its worker each time would end them all. */
const mostAttempts = 4;

/** The queue is full, or the service ends. */
const refusals = ['ERR_QUEUE_FULL', 'ERR_QUEUE_SHUTDOWN'];

export class Busy extends Error {}

export class Jobs {
  retries = 0;
  #images;
  #results = new Queue();
  #puts = 0;
  /** Images without an answer, by the number of each put. */
  #unanswered = new Map();
  /** Puts go one after the other, or their numbers would not be their order; retries wait for room meanwhile. */
  #retrying = 0;
  #chain = Promise.resolve();
  #idle = () => {};
  #collecting;

  /** `depth` images wait for a worker at the most. */
  constructor({ depth }) {
    this.#images = new Queue({
      maxsize: depth,
      capacity: depth * largestSide ** 2 * bytesPerPixel,
    });
    this.#collecting = this.#collect();
  }

  /** What a worker is started with: where images come from, where they go. */
  get ends() {
    return [this.#images, this.#results];
  }

  get depth() {
    return this.#images.qsize();
  }

  get limit() {
    return this.#images.maxsize;
  }

  /** Images that a worker has taken and nobody has an answer to yet. */
  get inProgress() {
    return this.#taken().size;
  }

  /**
   * Draws an image and has it worked on: a promise of `{ loan, attempts }`, a loan that the caller releases. Throws Busy at
   * once where the queue is full.
   */
  request(image) {
    if (this.#retrying > 0) throw new Busy('images that were accepted before come first');
    const job = { image, attempts: 0, numbers: [] };
    const answer = new Promise((resolve, reject) => Object.assign(job, { resolve, reject }));
    let loan;
    try {
      loan = this.#draw(job);
      this.#images.putNowait(loan);
    } catch (error) {
      loan?.release();
      if (refusals.includes(error.code))
        throw new Busy('the queue takes no more', { cause: error });
      throw error;
    }
    this.#put(job);
    return answer;
  }

  /** To be called when a worker has died. */
  retryTaken() {
    this.#retrying++;
    this.#chain = this.#chain.then(async () => {
      for (const job of this.#taken()) {
        await this.#again(job).catch((error) => this.#settle(job, () => job.reject(error)));
      }
      this.#retrying--;
      this.#tellIdle();
    });
  }

  /** Waits until everything is answered, `ms` at the most; then the workers find the queues shut down. */
  async end(ms) {
    let timer;
    const patience = new Promise((resolve) => {
      timer = setTimeout(resolve, ms);
    });
    const idle = new Promise((resolve) => {
      this.#idle = resolve;
      this.#tellIdle();
    });
    await Promise.race([idle, patience]);
    clearTimeout(timer);
    this.#images.shutdown({ immediate: true });
    this.#results.shutdown();
    await Promise.all([this.#collecting, this.#chain]);
    for (const job of new Set(this.#unanswered.values())) job.reject(new Error('the service ends'));
  }

  close() {
    this.#images.close();
    this.#results.close();
  }

  #taken() {
    const latest = this.#puts - this.depth;
    return new Set([...this.#unanswered.values()].filter((job) => job.numbers.at(-1) <= latest));
  }

  /** The image in memory of the queue, as the next put. */
  #draw({ image }) {
    const { width, height, times } = image;
    const loan = this.#images.allocNowait(width * height * bytesPerPixel);
    draw(loan.buffer, image);
    loan.meta = { number: this.#puts + 1, width, height, times };
    return loan;
  }

  #put(job) {
    this.#unanswered.set(++this.#puts, job);
    job.numbers.push(this.#puts);
    job.attempts++;
  }

  async #again(job) {
    if (job.attempts === mostAttempts)
      throw new Error(`no worker survived this image, ${mostAttempts} times`);
    const loan = this.#draw(job);
    try {
      // It was accepted: it waits for room where others are sent away.
      await this.#images.put(loan);
    } finally {
      loan.release();
    }
    this.retries++;
    this.#put(job);
    // The answer to an earlier attempt came while this one waited: the worker's answer to it will be the second.
    if (job.answered) this.#settle(job, () => {});
  }

  async #collect() {
    for (;;) {
      let loan;
      try {
        loan = await this.#results.getLoan();
      } catch (error) {
        if (error.code === 'ERR_QUEUE_SHUTDOWN') return;
        throw error;
      }
      const job = this.#unanswered.get(loan.meta.number);
      if (job === undefined) loan.release();
      else this.#settle(job, () => job.resolve({ loan, attempts: job.attempts }));
    }
  }

  #settle(job, tell) {
    job.answered = true;
    for (const number of job.numbers) this.#unanswered.delete(number);
    tell();
    this.#tellIdle();
  }

  #tellIdle() {
    if (this.#unanswered.size === 0 && this.#retrying === 0) this.#idle();
  }
}
