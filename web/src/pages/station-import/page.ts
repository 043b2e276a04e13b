import { definePage } from '@/page'

export default definePage({
  path: '/stations/import',
  title: { zh: '导入站点', en: 'Import stations' },
  component: () => import('./ImportPage.vue'),
  roles: ['administrator'],
  theme: 'day',
})
