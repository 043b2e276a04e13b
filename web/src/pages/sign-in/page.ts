import { definePage } from '@/page'

export default definePage({
  path: '/sign-in',
  title: { zh: '登录', en: 'Sign in' },
  component: () => import('./SignIn.vue'),
  roles: 'open',
  theme: 'day',
  frame: 'bare',
})
