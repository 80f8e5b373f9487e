// A manager for a class of the program's own: accounts that several processes use at a time.
//
// The class runs in the manager's process, one call after the other: a method that does not wait is never interrupted by another
// client, and needs no lock. The server's process imports this very file, and finds `Bank` by its name.
import { BaseManager, isMainProcess, Process } from 'interproc';

class Account {
  #balance = 0;
  #history = [];

  deposit(amount) {
    this.#change(amount);
    return this.#balance;
  }

  withdraw(amount) {
    if (amount > this.#balance) throw new RangeError(`There are only ${this.#balance}`);
    this.#change(-amount);
    return this.#balance;
  }

  *history() {
    yield* this.#history;
  }

  /** Begins with an underscore: no client can call it. */
  _reset() {
    this.#balance = 0;
  }

  #change(amount) {
    this.#balance += amount;
    this.#history.push(amount);
  }
}

export class Bank extends BaseManager {}
// `history` gives a generator, which cannot travel: it stays in the server, behind a proxy that is iterated over.
Bank.register('account', Account, { methodToTypeid: { history: 'Iterator' } });

export async function customer(account) {
  for (let i = 0; i < 100; i++) await account.deposit(1);
}

if (isMainProcess) {
  const bank = await new Bank().start();
  const account = await bank.account();

  const customers = [1, 2, 3].map(() => new Process({ target: customer, args: [account] }).start());
  for (const one of customers) await one.join();
  console.log(`after 300 deposits: ${await account.withdraw(0)}`);

  try {
    await account.withdraw(1000);
  } catch (error) {
    // What the object threw; where in the server that was, is its cause.
    console.log(`${error.name}: ${error.message}`);
    console.log(`thrown in withdraw: ${/withdraw/.test(error.cause.stack)}`);
  }
  console.log(`_reset is ${typeof account._reset}`);

  // What makes the account and what is done with it: one message there, one back.
  const balance = await bank.batch((b) => {
    const other = b.account();
    other.deposit(10);
    return other.withdraw(4);
  });
  console.log(`another account: ${balance}`);

  let sum = 0;
  for await (const amount of await account.history()) sum += amount;
  console.log(`the history adds up to ${sum}`);
  await bank.shutdown();
}
