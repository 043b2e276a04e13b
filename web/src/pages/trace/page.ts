import { definePage } from '@/page'

export default definePage({
  path: '/trace/:station?',
  title: { zh: '报文追踪', en: 'Frame trace' },
  component: () => import('./TracePage.vue'),
  roles: ['dispatcher', 'administrator'],
  rail: { icon: 'trace', order: 7.5 },
  theme: 'day',
})
