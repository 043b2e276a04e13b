import { definePage } from '@/page'

export default definePage({
  path: '/',
  title: { zh: '一张图', en: 'Map' },
  component: () => import('./Console.vue'),
  roles: ['dispatcher', 'administrator'],
  rail: { icon: 'map', order: 1 },
  theme: 'night',
})
