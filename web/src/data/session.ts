// 登录: who sits here. Rights are the server's business; this only hides what would be refused.
import { computed, shallowRef } from 'vue'
import { ask } from './http'
import type { PersonView, Role } from './types'

/** Who is signed in; null for nobody, undefined before we asked. */
export const me = shallowRef<PersonView | null | undefined>(undefined)

export const role = computed<Role | null>(() => me.value?.role ?? null)

export async function whoAmI(): Promise<PersonView | null> {
  if (me.value === undefined) {
    try {
      me.value = (await ask<{ person: PersonView }>('/session')).person
    } catch {
      me.value = null
    }
  }
  return me.value ?? null
}

export async function signIn(login: string, password: string): Promise<PersonView> {
  const { person } = await ask<{ person: PersonView }>('/session', { method: 'POST', body: { login, password } })
  me.value = person
  return person
}

export async function signOut(): Promise<void> {
  // What the phone page keeps for the time without network is not the next person's.
  if ('caches' in globalThis) void caches.delete('known')
  await ask('/session', { method: 'DELETE' }).catch(() => undefined)
  me.value = null
}

/** Whether one of these roles sits here. */
export function may(...roles: Role[]): boolean {
  return role.value !== null && roles.includes(role.value)
}
