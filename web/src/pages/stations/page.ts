import { definePage } from '@/page'

export default definePage({
  path: '/stations',
  title: { zh: '站点', en: 'Stations' },
  component: () => import('./StationsPage.vue'),
  roles: ['dispatcher', 'administrator'],
  rail: { icon: 'station', order: 4 },
  theme: 'day',
})
