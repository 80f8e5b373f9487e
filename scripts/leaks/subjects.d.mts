export const subjects: Readonly<Record<string, object>>;
export const planted: Readonly<Record<string, { readonly finds: readonly string[] }>>;
