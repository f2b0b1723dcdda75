// Which labels of a session an operator sees, and in which order.
import { describe, expect, it } from 'vitest'
import { shownLabels } from './label-words.ts'

describe('labels of a session', () => {
  it('come in the order of the question, whatever order they were told in', () => {
    const labels = { image: 'img', step: '38', run: 'rl-0831', group: '7', episode: '4412', address: '10.0.4.17' }
    expect(shownLabels(labels).map(({ word, value }) => `${word} ${value}`)).toEqual([
      'training run rl-0831',
      'group 7',
      'episode 4412',
      'step 38',
      'image img',
      'address 10.0.4.17',
    ])
  })

  it('leave out what is empty, what nobody knows the meaning of, and what an object has by itself', () => {
    expect(shownLabels({ run: ' ', colour: 'blue' })).toEqual([])
    expect(shownLabels(Object.create({ run: 'inherited' }))).toEqual([])
  })
})
