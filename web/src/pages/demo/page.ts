import { definePage } from '@/page'

export default definePage({
  path: '/demo',
  title: { zh: '暴雨演示', en: 'Storm demo' },
  component: () => import('./DemoPage.vue'),
  roles: ['dispatcher', 'administrator'],
  rail: { icon: 'demo', order: 8 },
  theme: 'night',
})
