/** A place in the core, and what is to stand there. */
export const core = (file, from, to) => ({ file: `native/core/${file}`, from, to });

/** A check that is a condition of its own: it never holds. */
export const never = (file, condition, ...by) => ({
  name: `${file}: ${condition}`,
  ...core(file, condition, 'false'),
  by,
});
