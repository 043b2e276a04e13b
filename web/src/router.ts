// 路由: every folder under pages/ brings its own page.ts (address, menu, rights, both names); nothing
// else has to be touched for a new page. The address always says where one is.
import { createRouter, createWebHistory, type RouteRecordRaw } from 'vue-router'
import { whoAmI } from '@/data/session'
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

const found = {
  ...import.meta.glob<PageSetting>('./pages/*/page.ts', { eager: true, import: 'default' }),
  ...import.meta.glob<PageSetting>('./phone/page.ts', { eager: true, import: 'default' }),
}

export const pages: PageSetting[] = Object.values(found)

declare module 'vue-router' {
  interface RouteMeta {
    page?: PageSetting
  }
}

/** Where someone of a role begins. */
export function homeOf(role: Role): string {
  return role === 'block_owner' ? '/phone' : '/'
}

export const router = createRouter({
  history: createWebHistory(),
  routes: [
    ...pages.map((page): RouteRecordRaw => ({ path: page.path, component: page.component, meta: { page } })),
    { path: '/:rest(.*)*', redirect: '/' },
  ],
})

router.beforeEach(async (to) => {
  const allowed = to.meta.page?.roles ?? 'open'
  if (allowed === 'open') return true
  const person = await whoAmI()
  if (!person) return { path: '/sign-in', query: to.fullPath === '/' ? {} : { then: to.fullPath } }
  return allowed.includes(person.role) || { path: homeOf(person.role) }
})
