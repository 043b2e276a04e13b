import { definePage } from '@/page'

export default definePage({
  path: '/stations/:code([0-9A-Za-z._-]{1,32})',
  title: { zh: '站点详情', en: 'Station' },
  component: () => import('./StationPage.vue'),
  roles: ['dispatcher', 'administrator', 'block_owner'],
  theme: 'day',
})
