// 路由: every folder under pages/ brings its own page.ts (address, menu, rights, both names); nothing
// else has to be touched for a new page. The address always says where one is.
import { createRouter, createWebHistory, type RouteRecordRaw } from 'vue-router'
import { whoAmI } from '@/data/session'
import type { Role } from '@/data/types'
import type { PageSetting } from './page'

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
