// Checks of values that are read from shared memory, each taken away: docs/fuzzing.md has what came of it.
import { faults as messages } from './bounds-messages.mjs';
import { faults as segments } from './bounds-segments.mjs';

export const faults = [...messages, ...segments];
