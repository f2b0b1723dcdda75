// Commands that code in other languages starts: `os.system("…")`, `subprocess.run(["…"])`, `exec('…')`, backticks. Only literals are seen; this is
// no parser of those languages, so what it finds is never certain.

export type CodeCommand = { script?: string; argv?: readonly string[] }

const mostCommands = 16
const mostCodeChars = 65_536

/** Calls whose first argument is a command: a text for a shell, or a list. */
const calls: { readonly [language: string]: RegExp } = {
  python:
    /\b(?:os\.(system|popen|exec[lv]p?e?|spawn[lv]p?e?|posix_spawnp?)|(?:subprocess|sp)\.(\w+)|pty\.(spawn)|commands\.(getoutput|getstatusoutput)|(Popen|check_output|check_call|getoutput|create_subprocess_(?:shell|exec))|import__\(\s*["'](?:os|subprocess|pty)["']\s*\)\.(\w+))\s*\(/g,
  perl: /\b(system|exec|popen)\b\s*\(?(?=\s*["'[])/g,
  ruby: /\b(system|exec|spawn|popen\d?|capture\d\w*)\b\s*\(?(?=\s*["'[])/g,
  node: /\b(exec|execSync|execFile|execFileSync|spawn|spawnSync|fork)\s*\(/g,
  php: /\b(system|exec|shell_exec|passthru|popen|proc_open)\s*\(/g,
  text: /\b(system|os\.execute|io\.popen|execute|popen)\s*\(/g,
}

/** Backticks run commands in these. */
const backtickLanguages = new Set(['perl', 'ruby', 'php'])

export function commandsInCode(language: string, text: string): readonly CodeCommand[] {
  const call = calls[language]
  if (!call || text.length > mostCodeChars) return []
  const found: CodeCommand[] = []
  call.lastIndex = 0
  for (const match of text.matchAll(call)) {
    if (found.length >= mostCommands) break
    const verb = match.slice(1).find((group) => group !== undefined) ?? ''
    const command = commandAt(text, (match.index ?? 0) + match[0].length, verb)
    if (command) found.push(command)
  }
  if (backtickLanguages.has(language)) {
    for (const match of text.matchAll(/`([^`\n]{2,2000})`|(?:qx|%x)[{([/|]([^\n]{2,2000}?)[})\]/|]/g)) {
      if (found.length < mostCommands) found.push({ script: match[1] ?? match[2] ?? '' })
    }
  }
  return found
}

/** Reads the arguments of a call from `at` on. */
function commandAt(text: string, at: number, verb: string): CodeCommand | undefined {
  const items: string[] = []
  let i = at
  let isList = false
  let depth = 0
  while (i < text.length && items.length < 64) {
    const c = text.charAt(i)
    if (/[\s,]/.test(c)) i++
    else if (c === '[' || c === '(') {
      if (items.length === 0 && depth === 0) isList = true
      depth++
      i++
    } else if (c === ']' || c === ')') {
      if (depth <= 0 || (isList && depth === 1 && !/spawn|execFile/.test(verb))) break
      depth--
      i++
    } else {
      const literal = literalAt(text, i)
      if (!literal) break
      items.push(literal.text)
      i = literal.end
      // Adjacent texts in Python are one.
      if (isSingle(verb) && !isList) break
    }
  }
  const [first] = items
  if (first === undefined) return undefined
  if (isList) return { argv: items }
  if (/^(?:exec|spawn)[lv]p?e?$/.test(verb)) return { argv: [first, ...items.slice(first.startsWith('-') ? 1 : 2)] }
  return items.length > 1 ? { argv: items } : { script: first }
}

/** Calls that take one text, whatever follows it. */
function isSingle(verb: string): boolean {
  return /^(?:system|popen|getoutput|getstatusoutput|shell_exec|passthru|proc_open|execSync|exec|execute|run|call|Popen|check_\w+|create_subprocess_shell|os\.execute|io\.popen)$/.test(
    verb,
  )
}

function literalAt(text: string, at: number): { text: string; end: number } | undefined {
  const opening = /[furbFURB]{0,2}("""|'''|"|'|`)/y
  opening.lastIndex = at
  const quote = opening.exec(text)?.[1]
  if (quote === undefined) return undefined
  let result = ''
  for (let i = opening.lastIndex; i < text.length; i++) {
    if (text.startsWith(quote, i)) return { text: result, end: i + quote.length }
    if (text.charAt(i) !== '\\') result += text.charAt(i)
    else {
      i++
      const c = text.charAt(i)
      result += c === 'n' ? '\n' : c === 't' ? '\t' : c
    }
  }
  return undefined
}
