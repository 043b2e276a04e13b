// 拼音首字母: read from the browser's own pinyin collation, which sorts a boundary mark before the
// first character of every letter; no dictionary is shipped. Characters with several readings get
// their usual one.

const letters = 'ABCDEFGHJKLMNOPQRSTWXYZ'
/** CLDR's mark before a letter's first character. */
const boundary = '\uFDD0'
const collator = new Intl.Collator('zh-Hans-CN-u-co-pinyin')
const han = /\p{Script=Han}/u

function letterOf(char: string): string {
  if (!han.test(char)) return /[a-z0-9]/i.test(char) ? char.toLowerCase() : ''
  let found = ''
  for (const letter of letters) {
    if (collator.compare(char, boundary + letter) < 0) break
    found = letter
  }
  return found.toLowerCase()
}

const known = new Map<string, string>()

/** `江滨路下穿` → `jblxc`. */
export function initials(text: string): string {
  let made = ''
  for (const char of text) {
    let letter = known.get(char)
    if (letter === undefined) {
      letter = letterOf(char)
      known.set(char, letter)
    }
    made += letter
  }
  return made
}
