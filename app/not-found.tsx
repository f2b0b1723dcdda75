// An address that leads nowhere.
import { SearchX } from 'lucide-react'
import Link from 'next/link'
import { Notice } from '../components/ui/notice.tsx'

export default function NotFound() {
  return (
    <main>
      <Notice icon={<SearchX aria-hidden />} title="There is no such page">
        <Link href="/live" className="text-info underline">
          Go to Live
        </Link>
      </Notice>
    </main>
  )
}
