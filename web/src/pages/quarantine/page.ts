import { definePage } from '@/page'

export default definePage({
  path: '/quarantine/:id(\\d+)?',
  title: { zh: '隔离区', en: 'Quarantine' },
  component: () => import('./QuarantinePage.vue'),
  roles: ['dispatcher', 'administrator'],
  rail: { icon: 'quarantine', order: 7 },
  theme: 'day',
})
