import { expect, test } from 'vitest'
import { asks, asksFor, commandOf, particulars } from './asks'
import { askWord, fieldWord } from './words'

const kind = (name: string) => asks.find((ask) => ask.kind === name)!

test('a station is asked only what its protocol carries', () => {
  expect(asksFor('modbus').map((ask) => ask.kind)).toEqual(['switch_pump', 'write'])
  expect(asksFor('sl651')).toHaveLength(asks.length - 1)
  expect(asksFor(null)).toHaveLength(asks.length)
})

test('a command is what the server takes', () => {
  expect(commandOf(kind('switch_pump'), { pump: '2', on: 'true' })).toEqual({ command: { kind: 'switch_pump', pump: 2, on: true }, wrong: [] })
  const period = commandOf(kind('query_period'), { from: '2021-06-30T08:00', to: '2021-06-30T14:00', step_min: '60', element: '39' })
  expect(period.command).toMatchObject({ from: '2021-06-30T08:00:00+08:00', step_min: 60 })
  expect(commandOf(kind('set_parameters'), { table: 'running', values: '27=5, 28=1' }).command).toMatchObject({ values: { 27: '5', 28: '1' } })
  expect(commandOf(kind('query_elements'), { elements: '39,38 26' }).command).toMatchObject({ elements: ['39', '38', '26'] })
})

test('what is missing or wrong is named', () => {
  expect(commandOf(kind('switch_pump'), { pump: '0' }).wrong).toEqual(['pump', 'on'])
  expect(commandOf(kind('set_parameters'), { table: 'other', values: '27' }).wrong).toEqual(['table', 'values'])
  expect(commandOf(kind('write'), { target: ' ', value: 'x' }).wrong).toEqual(['target', 'value'])
})

test('everything that can be asked has words', () => {
  for (const ask of asks) {
    expect(askWord, ask.kind).toHaveProperty(ask.kind)
    for (const { key, kind } of ask.fields) {
      expect(fieldWord, key).toHaveProperty(key)
      if (kind === 'switch') for (const value of [true, false]) expect(fieldWord, key).toHaveProperty(`${key}_${value}`)
    }
  }
  expect(particulars({ kind: 'switch_pump', pump: 2, on: false }, (key) => key)).toBe('pump 2 · on on_false')
})
