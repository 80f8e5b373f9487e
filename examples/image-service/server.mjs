// The HTTP side: images, metrics, health.
import { createServer } from 'node:http';
import { bmpHeader, largestSide } from './image.mjs';
import { Busy } from './jobs.mjs';
import { metricsText, metricsType } from './metrics.mjs';

const retryAfterSeconds = 1;

export function createImageServer({ jobs, crew }) {
  const answered = {};

  const routes = {
    '/image': sendImage,
    '/metrics'(_query, response) {
      send(response, 200, metricsType, metricsText(metrics()));
    },
    '/health'(_query, response) {
      send(response, 200, 'application/json', `${JSON.stringify({ workers: crew.pids })}\n`);
    },
  };

  async function sendImage(query, response) {
    const image = readImage(query);
    if (image === undefined) {
      count(400);
      send(
        response,
        400,
        'text/plain',
        `width and height: 1 to ${largestSide}; seed, times: integers\n`,
      );
      return;
    }
    let work;
    try {
      work = jobs.request(image);
    } catch (error) {
      if (!(error instanceof Busy)) throw error;
      count(503);
      response.setHeader('Retry-After', retryAfterSeconds);
      send(response, 503, 'text/plain', 'busy: try again\n');
      return;
    }
    const { loan, attempts } = await work;
    try {
      count(200);
      if (response.destroyed) return;
      const header = bmpHeader(image);
      response.writeHead(200, {
        'Content-Type': 'image/bmp',
        'Content-Length': header.length + loan.size,
        'X-Attempts': attempts,
      });
      response.write(header);
      // Straight from the memory that the worker wrote into.
      await handedOver(response, loan.buffer);
      response.end();
    } finally {
      loan.release();
    }
  }

  function count(status) {
    answered[status] = (answered[status] ?? 0) + 1;
  }

  function metrics() {
    const gauge = (name, help, value) => ({ name, help, type: 'gauge', value });
    const counter = (name, help, more) => ({ name, help, type: 'counter', ...more });
    const byStatus = Object.entries(answered).map(([status, n]) => [`{status="${status}"}`, n]);
    return [
      gauge('image_queue_depth', 'Images that wait for a worker.', jobs.depth),
      gauge('image_queue_limit', 'Images that may wait; beyond that requests get 503.', jobs.limit),
      gauge(
        'images_in_progress',
        'Images that a worker has taken and not answered.',
        jobs.inProgress,
      ),
      gauge('image_workers', 'Workers that run.', crew.pids.length),
      counter('image_worker_restarts_total', 'Workers that ended unasked.', {
        value: crew.restarts,
      }),
      counter('image_retries_total', 'Images given to the workers again.', { value: jobs.retries }),
      counter('image_requests_total', 'Answers by status.', {
        values: Object.fromEntries(byStatus),
      }),
    ];
  }

  return createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url, 'http://localhost');
    const route = Object.hasOwn(routes, pathname) ? routes[pathname] : undefined;
    if (route === undefined || request.method !== 'GET') {
      send(response, 404, 'text/plain', 'GET /image, /metrics or /health\n');
      return;
    }
    Promise.resolve(route(searchParams, response)).catch((error) => {
      count(500);
      console.error(error);
      if (response.headersSent) response.destroy();
      else send(response, 500, 'text/plain', `${error.message}\n`);
    });
  });
}

/**
 * Resolves when the kernel has all of the bytes, or the client is gone. Only then may the response end: `server.close()`
 * cuts a connection off whose response has ended, whether or not its bytes are out.
 */
function handedOver(response, bytes) {
  return new Promise((resolve) => {
    response.once('close', resolve);
    response.write(bytes, resolve);
  });
}

function send(response, status, type, text) {
  response.writeHead(status, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(text) });
  response.end(text);
}

/** What to draw, and `times`: how often the worker does its work. `undefined` where it makes no sense. */
function readImage(query) {
  const number = (name, usual, most) => {
    const value = Number(query.get(name) ?? usual);
    return Number.isInteger(value) && value >= (name === 'seed' ? 0 : 1) && value <= most
      ? value
      : undefined;
  };
  const image = {
    width: number('width', 640, largestSide),
    height: number('height', 480, largestSide),
    seed: number('seed', 0, 1e6),
    times: number('times', 1, 1e6),
  };
  return Object.values(image).includes(undefined) ? undefined : image;
}
