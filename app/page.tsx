// The console opens on Live.
import { redirect } from 'next/navigation'

export default function Page() {
  redirect('/live')
}
