// What a page says of itself, in its own page.ts. Apart from the router, which reads them all.
import type { RouteRecordRaw } from 'vue-router'
import type { Role } from '@/data/types'
import type { IconName } from '@/kit/icon'

/** What a page says of itself in its page.ts (`export default definePage({...})`). */
export interface PageSetting {
  path: string
  /** Its name in the menu and the window. */
  title: { zh: string; en: string }
  component: NonNullable<RouteRecordRaw['component']>
  /** Who may open it; `open` for everybody, also signed out. */
  roles: Role[] | 'open'
  /** Its place on the rail; pages without one are reached from others. */
  rail?: { icon: IconName; order: number }
  /** `night` for the control room, `day` for the desk; the person's own choice goes before it. */
  theme: 'night' | 'day'
  /** `bare`: without bar and rail (sign-in, phone). */
  frame?: 'shell' | 'bare'
}

export const definePage = (page: PageSetting): PageSetting => page
