import { definePage } from '@/page'

export default definePage({
  path: '/alarms',
  title: { zh: '报警', en: 'Alarms' },
  component: () => import('./Alarms.vue'),
  roles: ['dispatcher', 'administrator', 'block_owner'],
  rail: { icon: 'alarm', order: 2 },
  theme: 'day',
})
