// When what is shown was true, in the words of the phone.
import { hourMinute } from '@/kit/time'

export const seenText = (at: string | null): string => (at ? hourMinute(at) : '—')
