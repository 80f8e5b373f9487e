export const Entry: Readonly<
  Record<
    | 'get'
    | 'got'
    | 'gotNothing'
    | 'put'
    | 'putDone'
    | 'putRefused'
    | 'finish'
    | 'finished'
    | 'arrive'
    | 'pass'
    | 'broken',
    number
  >
>;
