import { bootVariable, inheritParts, loadPart } from '../parts/parts.js';
import type { BootTicket } from './boot-message.js';

// The program of a child. CommonJS, which Node.js runs without its event loop.

function readTicket(): BootTicket {
  const text = process.env[bootVariable];
  if (text === undefined)
    throw new Error('This file is what Process.start() runs in a child, and nothing else');
  return JSON.parse(text) as BootTicket;
}

const ticket = readTicket();
if (ticket.compiled !== undefined) inheritParts(ticket.compiled);
const { runChild } = loadPart('./part-child.cjs') as unknown as typeof import('./child.js');
delete process.env[bootVariable];
void runChild(ticket, (module) => import(module));
