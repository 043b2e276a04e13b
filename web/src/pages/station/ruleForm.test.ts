import { describe, expect, it } from 'vitest'
import { paramsFrom, typedFrom, type RuleKind } from './ruleForm'

const kind: RuleKind = {
  code: 'level_high',
  quantities: ['depth'],
  params: [
    { name: 'thresholds', kind: 'thresholds', unit: 'point' },
    { name: 'hysteresis', kind: 'number', unit: 'point', min: 0, max: 1 },
  ],
}

describe('the form of a rule', () => {
  it('goes there and back unchanged', () => {
    const params = { thresholds: { blue: 0.15, red: 0.5 }, hysteresis: 0.03 }
    expect(paramsFrom(kind, typedFrom(kind, params), params)).toEqual({ params, wrong: {} })
  })

  it('wants the colours to rise', () => {
    const { wrong } = paramsFrom(kind, { 'thresholds.blue': '0.4', 'thresholds.red': '0.3', hysteresis: '0' }, {})
    expect(wrong).toEqual({ 'thresholds.red': 'order' })
  })

  it('says which field is not a number, or out of range', () => {
    const { wrong } = paramsFrom(kind, { 'thresholds.blue': 'x', hysteresis: '2' }, {})
    expect(wrong).toEqual({ 'thresholds.blue': 'number', hysteresis: 'high' })
  })

  it('wants at least one colour', () => {
    expect(paramsFrom(kind, { hysteresis: '0' }, {}).wrong).toEqual({ 'thresholds.blue': 'none' })
  })
})
