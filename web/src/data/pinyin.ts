// 拼音首字母: found by comparing with the first character of each letter in pinyin order, which the
// browser's own collation knows; no dictionary is shipped. Characters with several readings get
// their usual one.

const letters = 'ABCDEFGHJKLMNOPQRSTWXYZ'
/** The first character of each letter in GB pinyin order. */
const firsts = '阿八嚓哒妸发旮哈讥咔垃痳拏噢妑七呥扨它穵夕丫帀'
const collator = new Intl.Collator('zh-Hans-CN-u-co-pinyin')
const han = /\p{Script=Han}/u

function letterOf(char: string): string {
  if (!han.test(char)) return /[a-z0-9]/i.test(char) ? char.toLowerCase() : ''
  let found = ''
  for (let i = 0; i < firsts.length; i += 1) {
    if (collator.compare(char, firsts[i] ?? '') < 0) break
    found = letters[i] ?? ''
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
