import { definePage } from '@/page'

export default definePage({
  path: '/commands/:id(\\d+)?',
  title: { zh: '指令', en: 'Commands' },
  component: () => import('./CommandsPage.vue'),
  roles: ['dispatcher', 'administrator'],
  rail: { icon: 'command', order: 3.5 },
  theme: 'day',
})
