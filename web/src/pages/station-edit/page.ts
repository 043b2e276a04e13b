import { definePage } from '@/router'

export default definePage({
  path: '/stations/:code([0-9A-F]{6,12}|new)/edit',
  title: { zh: '编辑站点', en: 'Edit a station' },
  component: () => import('./EditPage.vue'),
  roles: ['administrator'],
  theme: 'day',
})
