import { definePage } from '@/page'

export default definePage({
  path: '/system',
  title: { zh: '健康', en: 'Health' },
  component: () => import('./HealthPage.vue'),
  roles: ['dispatcher', 'administrator'],
  rail: { icon: 'health', order: 6 },
  theme: 'day',
})
