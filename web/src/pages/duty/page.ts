import { definePage } from '@/page'

export default definePage({
  path: '/duty',
  title: { zh: '值班', en: 'Duty' },
  component: () => import('./DutyPage.vue'),
  roles: ['dispatcher', 'administrator'],
  rail: { icon: 'person', order: 5.5 },
  theme: 'day',
})
