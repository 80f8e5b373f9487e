// Items in place: the body is the loan's memory, the rest its metadata.

/** Fills a loan, which is what is put or sent then. */
export function fillLoan(loan, { body, ...meta }) {
  loan.buffer.set(body);
  loan.meta = meta;
  return loan;
}

/** The item that a loan is: to be looked at before the loan is released. */
export function itemOf(loan) {
  return { ...loan.meta, body: loan.buffer };
}
