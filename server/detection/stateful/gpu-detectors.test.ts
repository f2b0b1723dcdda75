// GPUs that mine, train, hang or work for somebody else, told by their readings.
import { describe, expect, it } from 'vitest'
import { detect, drawNetwork, flagsOf } from './draw-network-for-test.ts'

const training = Array.from({ length: 60 }, (_, n) => {
  // Every fifth reading falls into a checkpoint or a wait for data.
  const use = n % 5 === 4 ? 35 : 97
  return `${Math.floor(n / 2)}:${(n % 2) * 30} gpu GPU-a use=${use} watts=${use * 7} memory=71 of=80`
}).join('\n')

describe('the shape of mining', () => {
  it('is raised after ten minutes flat out with little memory', () => {
    expect(detect('00:00 gpu GPU-a use=99 watts=630 memory=6 of=80 x25/30')).toEqual(['vigil-gpu-mining-shape medium'])
  })

  it('is raised too where the driver tells neither power nor size', () => {
    expect(detect('00:00 gpu GPU-a use=99 memory=6 x25/30')).toEqual(['vigil-gpu-mining-shape medium'])
  })

  it('is raised when it begins after an hour of training', () => {
    const later = '40:00 gpu GPU-a use=99 watts=630 memory=6 of=80 x50/30'
    expect(detect(`${training}\n${later}`)).toEqual(['vigil-gpu-mining-shape medium'])
  })

  it('is not training, which breathes', () => {
    expect(detect(training)).toEqual([])
  })

  it('is not a large model that is busy without a pause', () => {
    expect(detect('00:00 gpu GPU-a use=99 watts=630 memory=71 of=80 x200/30')).toEqual([])
  })

  it('is not a single busy reading, nor readings with a long pause between them', () => {
    expect(
      detect('00:00 gpu GPU-a use=100 watts=70 memory=8 of=16\n60:00 gpu GPU-a use=100 watts=70 memory=8 of=16'),
    ).toEqual([])
    expect(detect('00:00 gpu GPU-a use=100 watts=70 memory=3 of=16 x30/600')).toEqual([])
  })

  it('is not an inference server whose power follows its requests', () => {
    const served = Array.from(
      { length: 60 },
      (_, n) =>
        `${Math.floor(n / 2)}:${(n % 2) * 30} gpu GPU-a use=${92 + (n % 8)} watts=${300 + 90 * (n % 4)} memory=10 of=80`,
    )
    expect(detect(served.join('\n'))).toEqual([])
  })
})

describe('a GPU off its task', () => {
  it('is raised when somebody else works on it for more than a minute', () => {
    const [flag, ...more] = flagsOf(drawNetwork('00:00 gpu GPU-a use=80 memory=40 of=80 off-task x5/30'))
    expect(flag).toMatchObject({ rule: 'vigil-gpu-off-task', severity: 'high', techniques: ['T1496.001'] })
    expect(more).toEqual([])
  })

  it('is not one that is held without being used, one used as planned, or one without a plan', () => {
    expect(
      detect(`
        00:00 gpu GPU-a use=0  memory=40 of=80 off-task x20/30
        00:00 gpu GPU-b use=80 memory=40 of=80 on-task  x20/30
        00:00 gpu GPU-c use=80 memory=40 of=80          x20/30
        00:00 gpu GPU-d use=80 memory=40 of=80 off-task
        00:30 gpu GPU-d use=80 memory=40 of=80 on-task x20/30
      `),
    ).toEqual([])
  })
})

describe('a GPU that is busy without its trainer', () => {
  const steps = Array.from({ length: 10 }, (_, n) => `${n}:00 train step=${n}`).join('\n')

  it('is raised when the trainer, which reported steps, has reported none for long', () => {
    expect(detect(`${steps}\n10:00 gpu GPU-a use=95 memory=71 of=80 x30/30`)).toEqual([
      'vigil-gpu-without-trainer medium',
    ])
  })

  it('is not a trainer that goes on, or one whose steps take long, or one that was never heard', () => {
    const on = Array.from({ length: 40 }, (_, n) => `${n}:00 train step=${n}`).join('\n')
    expect(detect(`${on}\n10:00 gpu GPU-a use=95 memory=71 of=80 x50/30`)).toEqual([])
    const long = Array.from({ length: 5 }, (_, n) => `${n * 20}:00 train step=${n}`).join('\n')
    expect(detect(`${long}\n80:00 gpu GPU-a use=95 memory=71 of=80 x80/30`)).toEqual([])
    expect(detect('00:00 gpu GPU-a use=95 memory=71 of=80 x80/30')).toEqual([])
  })

  it('is not talked away by a trainer that repeats the same step', () => {
    const stuck = Array.from({ length: 30 }, (_, n) => `${10 + n}:00 train step=9`).join('\n')
    expect(detect(`${steps}\n${stuck}\n10:00 gpu GPU-a use=95 memory=71 of=80 x50/30`)).toEqual([
      'vigil-gpu-without-trainer medium',
    ])
  })
})
