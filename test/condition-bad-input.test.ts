import { describe, it } from 'vitest';
import { Condition, Lock } from '../dist/index.js';
import { own } from './helpers/owned.js';
import { nameFor } from './helpers/segments.js';
import { checkBad } from './helpers/sync.js';

const held = () => {
  const condition = own(new Condition());
  condition.acquireSync();
  return condition;
};
const closed = () => {
  const condition = new Condition();
  condition.close();
  return condition;
};

describe('bad input to a Condition', () => {
  it.each([
    {
      call: 'wait without the lock',
      act: () => own(new Condition()).wait(),
      code: 'ERR_LOCK_NOT_OWNED',
    },
    {
      call: 'waitSync without the lock',
      act: () => own(new Condition(own(new Lock()))).waitSync(),
      code: 'ERR_LOCK_NOT_OWNED',
    },
    {
      call: 'waitFor without the lock',
      act: () => own(new Condition()).waitFor(() => true),
      code: 'ERR_LOCK_NOT_OWNED',
    },
    {
      call: 'notify without the lock',
      act: () => own(new Condition()).notify(),
      code: 'ERR_LOCK_NOT_OWNED',
    },
    {
      call: 'notifyAll without the lock',
      act: () => own(new Condition()).notifyAll(),
      code: 'ERR_LOCK_NOT_OWNED',
    },
    {
      call: 'release without the lock',
      act: () => own(new Condition()).release(),
      code: 'ERR_LOCK_NOT_OWNED',
    },
    { call: 'notify(0)', act: () => held().notify(0), code: 'ERR_OUT_OF_RANGE', of: RangeError },
    {
      call: 'notify of a string',
      act: () => held().notify('1' as never),
      code: 'ERR_INVALID_ARG_TYPE',
      of: TypeError,
    },
    {
      call: 'a predicate that is none',
      act: () => held().waitFor(3 as never),
      code: 'ERR_INVALID_ARG_TYPE',
      of: TypeError,
    },
    {
      call: 'a lock that is none',
      act: () => new Condition({} as never),
      code: 'ERR_INVALID_ARG_TYPE',
      of: TypeError,
    },
    {
      call: 'null for a lock',
      act: () => new Condition(null as never),
      code: 'ERR_INVALID_ARG_TYPE',
      of: TypeError,
    },
    {
      call: 'a closed lock',
      act: () => {
        const lock = new Lock();
        lock.close();
        return new Condition(lock);
      },
      code: 'ERR_CLOSED',
    },
    {
      call: 'an unknown option',
      act: () => new Condition(undefined, { lock: true } as never),
      code: 'ERR_UNKNOWN_OPTION',
    },
    {
      call: 'a timeout that is NaN',
      act: () => held().wait({ timeout: Number.NaN }),
      code: 'ERR_INVALID_ARG_TYPE',
      of: TypeError,
    },
    {
      call: 'an aborted signal',
      act: () => held().wait({ signal: AbortSignal.abort() }),
      code: 'ABORT_ERR',
    },
    {
      call: 'a name that leads nowhere',
      act: () => Condition.open(nameFor('nowhere')),
      code: 'ENOENT',
    },
    { call: 'wait after close', act: () => closed().wait(), code: 'ERR_CLOSED' },
    { call: 'notify after close', act: () => closed().notify(), code: 'ERR_CLOSED' },
    { call: 'acquire after close', act: () => closed().acquire(), code: 'ERR_CLOSED' },
  ])('refuses $call with $code', checkBad);
});
