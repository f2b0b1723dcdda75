#!/usr/bin/env node
// A stand-in for nvidia-smi where there is no GPU: answers the probe's queries from a recording of a real H200 under load
// (VIGIL_GPU_RECORDING), with one compute process, whose PID is read from VIGIL_GPU_PID_FILE. Values and units are the recording's.
import { existsSync, readFileSync } from 'node:fs'

const folder = process.env.VIGIL_GPU_RECORDING ?? ''
const query = process.argv[2] ?? ''
const [option, wanted] = [query.slice(0, query.indexOf('=')), query.slice(query.indexOf('=') + 1).split(',')]

/** @param {string} file */
function table(file) {
  const [header = '', ...rows] = readFileSync(`${folder}/${file}`, 'utf8').trim().split('\n')
  // "memory.total [MiB]" is asked for as "memory.total"; "143771 MiB" is answered as "143771" with nounits.
  const names = header.split(', ').map((name) => name.replace(/ \[.*\]$/, ''))
  return rows.map((row) =>
    Object.fromEntries(row.split(', ').map((cell, i) => [names[i], cell.replace(/^(-?[\d.]+) (MiB|W|%|MHz)$/, '$1')])),
  )
}

/** @param {Record<string, string>} row */
const print = (row) => console.log(wanted.map((name) => row[name] ?? '[N/A]').join(', '))

if (option === '--query-gpu') for (const row of table('h200.load.query-gpu.csv')) print(row)
else if (option === '--query-compute-apps') {
  const pidFile = process.env.VIGIL_GPU_PID_FILE ?? ''
  const [row] = table('h200.load.compute-apps.csv')
  if (row && existsSync(pidFile)) print({ ...row, pid: readFileSync(pidFile, 'utf8').trim() })
} else {
  console.error(`the recording has no answer to ${query}`)
  process.exit(2)
}
