import { definePage } from '@/router'

export default definePage({
  path: '/stations/:code([0-9A-F]{6,12})',
  title: { zh: '站点详情', en: 'Station' },
  component: () => import('./StationPage.vue'),
  roles: ['dispatcher', 'administrator', 'block_owner'],
  theme: 'day',
})
