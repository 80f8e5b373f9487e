import { binding } from '../native.js';

export interface CheckOptions {
  /**
   * Whether nobody living is inside a call on the object. Then whole structures are walked; otherwise only what holds between
   * any two instructions is asked. Default: `false`.
   */
  quiet?: boolean;
}

/**
 * What in an object's segment breaks the rules that every use of it keeps, whoever was killed wherever: a sentence for each,
 * and none where all is well. Attaches to nothing, changes nothing and waits for nobody. Not public: for tests, soaks and the
 * command line.
 *
 * @throws what opening the object would throw, such as a `SystemError` of code `ENOENT`.
 */
export function checkSegment(name: string, { quiet = false }: CheckOptions = {}): string[] {
  return binding.checkSegment(name, quiet);
}
