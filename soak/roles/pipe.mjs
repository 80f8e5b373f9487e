import { attach } from '../../dist/index.js';
import { checkItem, makeItem } from '../items.mjs';
import { Ending, Entry } from '../journal.mjs';
import { fillLoan, itemOf } from '../loans.mjs';

/** One end of a pipe: sends its items, receives the other's, or both at once. */
export async function play({ id, settings, given, journal, inTime }) {
  const { form, mix, sends, receives, loans } = settings;
  const end = attach(given.end);
  journal.write(Entry.ready);
  const roles = [];
  let loan; // the one that was received last
  if (sends) roles.push(send());
  if (receives) roles.push(receive());
  await Promise.all(roles);
  end.close();

  async function send() {
    for (let n = 0; inTime(); n++) {
      journal.write(Entry.put, n, 1);
      try {
        await sendOne(makeItem(id, n, mix));
      } catch (error) {
        if (error.code === 'ERR_CLOSED') return; // our own end of file came first
        if (error.code !== 'EPIPE') throw error;
        journal.write(Entry.putRefused, n, 1);
        journal.write(Entry.end, Ending.brokenPipe);
        return;
      }
      journal.write(Entry.putDone, n, 1);
      // A promise that is fulfilled at once gives the receiving half no turn.
      if (form === 'promise' && n % 16 === 0) await new Promise(setImmediate);
    }
    journal.write(Entry.end, Ending.deadline);
    end.close();
  }

  async function receive() {
    for (;;) {
      journal.write(Entry.get, 1);
      let item;
      try {
        item = await receiveOne();
      } catch (error) {
        if (error.code === 'ERR_CLOSED') return; // our own sending half is over
        if (error.code !== 'ERR_EOF') throw error;
        journal.write(Entry.gotNothing);
        journal.write(Entry.end, Ending.endOfFile);
        end.close();
        return;
      }
      journal.write(Entry.got, item.p, item.n);
      checkItem(item, mix);
      loan?.release();
    }
  }

  async function sendOne(item) {
    const { length } = item.body;
    if (form === 'sync') end.sendSync(loans ? fillLoan(end.allocSync(length), item) : item);
    else await end.send(loans ? fillLoan(await end.alloc(length), item) : item);
  }

  async function receiveOne() {
    if (!loans) return form === 'sync' ? end.recvSync() : end.recv();
    loan = form === 'sync' ? end.recvLoanSync() : await end.recvLoan();
    return itemOf(loan);
  }
}
