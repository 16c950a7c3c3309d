// Most names are of this kind, and only their case makes a difference.
const PLAIN = /^[!-~]+(?: [!-~]+)*$/

/**
 * The form in which names of merchants are compared: whoever writes one does so in capitals, in wide letters or with a
 * space too many, and nobody sees a character of no width. Empty where nothing is left.
 */
export function foldMerchant(name: string): string {
  if (PLAIN.test(name)) return name.toLowerCase()
  return (
    name
      .normalize('NFKC')
      .replace(/\p{Default_Ignorable_Code_Point}/gu, '')
      .toLowerCase()
      // In capitals these are the same as what they become here, but lower-casing leaves them apart.
      .replaceAll('ß', 'ss')
      .replaceAll('ς', 'σ')
      .normalize('NFKC')
      .replace(/\s+/gu, ' ')
      .trim()
  )
}
