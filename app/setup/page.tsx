// The first admin, once.
import type { Metadata } from 'next'
import { SetupForm } from '../../components/sign-in/setup-form.tsx'

export const metadata: Metadata = { title: 'Set up', referrer: 'no-referrer' }

export default async function Page({
  searchParams,
}: {
  searchParams: Promise<Record<string, string | string[] | undefined>>
}) {
  const { token } = await searchParams
  return <SetupForm token={typeof token === 'string' ? token : ''} />
}
