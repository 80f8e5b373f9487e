/** Whether a key can stand in code as it is. Others are rare, and `__proto__` in a literal is no property. */
export function isPlainKey(key: string): boolean {
  return /^[A-Za-z_$][\w$]{0,30}$/.test(key) && key !== '__proto__';
}
