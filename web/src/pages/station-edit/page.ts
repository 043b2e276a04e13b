import { definePage } from '@/page'

export default definePage({
  path: '/stations/:code([0-9A-Za-z._-]{1,32})/edit',
  title: { zh: '编辑站点', en: 'Edit a station' },
  component: () => import('./EditPage.vue'),
  roles: ['administrator'],
  theme: 'day',
})
